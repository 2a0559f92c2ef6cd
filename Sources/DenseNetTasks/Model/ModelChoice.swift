public import DenseNetIO
public import DenseNets
import Foundation

/// Which network: one that has a name, or a configuration in a file, and what differs from it.
///
/// ```swift
/// var choice = ModelChoice("densenet121")
/// choice.dropRate = 0.2
/// let model = try choice.resolve(numClasses: 10)
/// ```
public struct ModelChoice: Sendable, Equatable {
  /// A name such as `d2l`, `densenet121` or `densenet-bc-100-12`, or the path of a JSON file with a configuration. Nil:
  /// what the weights say, else a default.
  public var name: String?
  /// Channels that each dense layer adds. As in the paper, the first convolution of a network of Table 1 then has
  /// twice as many, unless ``initialFeatures`` says otherwise. Nil: the model's, as for all that follow.
  public var growthRate: Int?
  /// Dense layers of each block.
  public var blockLayers: [Int]?
  /// Channels after the first convolution.
  public var initialFeatures: Int?
  /// Channels of a layer's 1×1 bottleneck, in growth rates; 0 for none.
  public var bottleneckWidth: Int?
  /// The share of channels that a transition keeps.
  public var compression: Double?
  /// How transitions halve a map.
  public var transitionPool: DenseNet.Configuration.TransitionPool?
  /// The probability with which a value of a layer's output is dropped in training.
  public var dropRate: Double?

  public init(_ name: String? = nil) { self.name = name }

  /// Whether anything is chosen that the shapes of the weights depend on.
  public var isExplicit: Bool {
    name != nil || growthRate != nil || blockLayers != nil || initialFeatures != nil || bottleneckWidth != nil
      || compression != nil || dropRate != nil
  }

  /// The network that is chosen.
  /// - Parameters:
  ///   - card: of the weights, which names the network where the choice does not.
  ///   - inputChannels: of the images; nil: the model's own.
  ///   - numClasses: of the dataset; nil: the model's own.
  ///   - other: the network's name where neither the choice nor the weights name it.
  /// - Throws: `Failure` where there is no such network.
  public func resolve(
    card: ModelCard = ModelCard(), inputChannels: Int? = nil, numClasses: Int? = nil, otherwise other: String = "d2l"
  ) throws -> ChosenModel {
    var chosen = try base(card, otherwise: other)
    if let growthRate {
      if chosen.configuration.naming == .torchvision, chosen.configuration.initialFeatures != 16 {
        chosen.configuration.initialFeatures = 2 * growthRate
      }
      chosen.configuration.growthRate = growthRate
    }
    if let blockLayers { chosen.configuration.blockLayers = blockLayers }
    if let initialFeatures { chosen.configuration.initialFeatures = initialFeatures }
    if let bottleneckWidth {
      chosen.configuration.bottleneckWidth = bottleneckWidth == 0 ? nil : bottleneckWidth
    }
    if let compression { chosen.configuration.compression = compression }
    try setTransitionPool(of: &chosen.configuration, card)
    if let dropRate { chosen.configuration.dropRate = dropRate }
    if let inputChannels { chosen.configuration.inputChannels = inputChannels }
    if let numClasses { chosen.configuration.numClasses = numClasses }
    try chosen.configuration.validate()
    return chosen
  }

  /// The network that is chosen, else that of the weights.
  /// - Throws: `Failure` where there is no such network, which names the file where the choice is the file's.
  func resolve(_ file: WeightsFile, inputChannels: Int? = nil, numClasses: Int? = nil) throws -> ChosenModel {
    do {
      return try resolve(card: file.networkCard, inputChannels: inputChannels, numClasses: numClasses)
    } catch let failure as Failure where name == nil && !failure.description.hasPrefix(file.describedBy) {
      throw Failure(failure.kind, "\(file.describedBy): \(failure)", settings: failure.settings)
    }
  }

  /// The pool that the weights were trained with stays: nothing in their shapes tells it.
  private func setTransitionPool(of configuration: inout DenseNet.Configuration, _ card: ModelCard) throws {
    // Where the choice names the network, what the weights say of it may be unreadable.
    let own = try? card.configuration?.value.transitionPool
    if let own, let transitionPool, own != transitionPool {
      throw Failure(
        .usage,
        "transitions: expected the pool \(own.rawValue), which the weights were trained with, found \(transitionPool.rawValue); leave it out",
        settings: ["transitionPool"])
    }
    if let pool = transitionPool ?? own { configuration.transitionPool = pool }
  }

  private func base(_ card: ModelCard, otherwise other: String) throws -> ChosenModel {
    guard let name else {
      if let stated = card.configuration {
        return ChosenModel(name: card.model ?? "densenet", configuration: try stated.value)
      }
      let name = card.model ?? other
      guard let configuration = try? DenseNet.Configuration(named: name) else {
        throw Failure(
          .invalidData, "the weights are those of a model \"\(name)\", expected a DenseNet; name the network",
          settings: ["model"])
      }
      return ChosenModel(name: name, configuration: configuration)
    }
    guard name.hasSuffix(".json") else {
      do { return ChosenModel(name: name, configuration: try .init(named: name)) } catch let failure as Failure {
        throw Failure(.usage, "model: \(failure)", settings: ["model"])
      }
    }
    guard FileManager.default.fileExists(atPath: name) else {
      throw Failure(.missingInput, "\(name): no such file; check the path of the model", settings: ["model"])
    }
    guard let data = FileManager.default.contents(atPath: name) else {
      throw Failure(.inputOutput, "\(name): cannot be read; check its permissions")
    }
    return ChosenModel(
      name: URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent,
      configuration: try .init(json: data, source: name))
  }
}
