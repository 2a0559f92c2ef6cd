public import DenseNets

/// A network's configuration, and what its user calls it.
public struct ChosenModel: Sendable, Equatable {
  /// Such as `d2l` or `densenet121`.
  public let name: String
  public var configuration: DenseNet.Configuration

  public init(name: String, configuration: DenseNet.Configuration) {
    (self.name, self.configuration) = (name, configuration)
  }

  /// The side of the images that such networks are made for, in pixels; see `DenseNet.Configuration.imageSide`.
  public var imageSide: Int { configuration.imageSide }

  /// How images are prepared for such networks where their weights do not say; see
  /// `DenseNet.Configuration.standardPreprocessing`.
  public var standardPreprocessing: Preprocessing { configuration.standardPreprocessing }
}
