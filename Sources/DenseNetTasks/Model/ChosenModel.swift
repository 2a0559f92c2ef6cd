public import DenseNets

/// A network's configuration, and what its user calls it.
public struct ChosenModel: Sendable, Equatable {
  /// Such as `d2l` or `densenet121`.
  public let name: String
  public var configuration: DenseNet.Configuration

  public init(name: String, configuration: DenseNet.Configuration) {
    (self.name, self.configuration) = (name, configuration)
  }

  /// The side of the images that such networks are made for, in pixels: 96 for the chapter's network, 224 for those of
  /// the paper's Table 1, 32 for those for CIFAR.
  public var imageSide: Int {
    switch (configuration.stem, configuration.naming) {
    case (.cifar, _): 32
    case (.imageNet, .chapter): 96
    case (.imageNet, .torchvision): 224
    }
  }

  /// How images are prepared for such networks where their weights do not say: as torchvision does it for those of
  /// Table 1, else squashed to ``imageSide`` and not normalised.
  public var standardPreprocessing: Preprocessing {
    let channels = configuration.inputChannels
    guard configuration.stem == .imageNet, configuration.naming == .torchvision else {
      return .squashed(channels: channels, size: imageSide)
    }
    var preprocessing = Preprocessing.imageNet
    if channels != 3 {
      let plain = Preprocessing.squashed(channels: channels, size: imageSide)
      (preprocessing.inputChannels, preprocessing.mean, preprocessing.std) = (channels, plain.mean, plain.std)
    }
    return preprocessing
  }
}
