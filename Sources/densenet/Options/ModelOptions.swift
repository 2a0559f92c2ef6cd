public import ArgumentParser
import DenseNetIO
public import DenseNets
import Foundation

extension DenseNet.Configuration.TransitionPool: ExpressibleByArgument {}

/// Which network: one that has a name, or the numbers that make one.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The network: d2l (the chapter's), densenet121, 161, 169, 201 or 264 (the paper's Table 1), densenet-<depth>-<growth> or densenet-bc-<depth>-<growth> (the paper's for CIFAR: densenet-bc-100-12), or a JSON file of its numbers. Default: what the weights say where there are any, else d2l.",
      valueName: "name or file.json"))
  var model: String?

  @Option(number: "Channels that each dense layer adds. Default: the model's.")
  var growthRate: Positive?

  @Option(
    help: ArgumentHelp("Dense layers of each block, as 6,12,24,16. Default: the model's.", valueName: "n,n,…"),
    transform: ModelOptions.parseLayers)
  var blockLayers: [Int]?

  @Option(number: "Channels after the first convolution. Default: the model's.")
  var initialFeatures: Positive?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Channels of a layer's 1×1 bottleneck, in growth rates; 0 for none. Default: the model's.", valueName: "n"))
  var bottleneckWidth: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of channels that a transition keeps, up to 1. Default: the model's.", valueName: "x"))
  var compression: Double?

  @Option(
    help: ArgumentHelp(
      "How transitions halve a map: average, the mean of 2×2 values, or max, the greatest. Default: the model's (average).",
      valueName: "name"))
  var transitionPool: DenseNet.Configuration.TransitionPool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability with which a value of a layer's output is dropped in training. Default: the model's (0).",
      valueName: "x"))
  var dropRate: Double?

  @Sendable private static func parseLayers(_ argument: String) throws -> [Int] {
    let layers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !layers.isEmpty, layers.count <= 16, layers.allSatisfy({ (1...1024).contains($0 ?? 0) }) else {
      throw Failure(.usage, "expected up to 16 numbers from 1 to 1024 with commas between, as 6,12,24,16")
    }
    return layers.map { $0! }
  }

  /// The network that the options name.
  /// - Parameters:
  ///   - card: of the weights, which names the network where no option does.
  ///   - inputChannels: of the images; nil: the model's own.
  ///   - numClasses: of the dataset; nil: the model's own.
  ///   - other: the network's name where neither an option nor the weights name it.
  /// - Throws: ``Failure`` if there is no such network.
  func resolve(
    card: ModelCard = ModelCard(), inputChannels: Int? = nil, numClasses: Int? = nil, otherwise other: String = "d2l"
  ) throws -> ChosenModel {
    var chosen = try base(card, otherwise: other)
    if let growthRate {
      // As in the paper, the first convolution's channels follow the growth rate.
      if chosen.configuration.naming == .torchvision, chosen.configuration.initialFeatures != 16 {
        chosen.configuration.initialFeatures = 2 * growthRate.value
      }
      chosen.configuration.growthRate = growthRate.value
    }
    if let blockLayers { chosen.configuration.blockLayers = blockLayers }
    if let initialFeatures { chosen.configuration.initialFeatures = initialFeatures.value }
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

  /// The pool that the weights were trained with stays: nothing in their shapes tells it.
  private func setTransitionPool(of configuration: inout DenseNet.Configuration, _ card: ModelCard) throws {
    // Where --model names the network, what the weights say of it may be unreadable.
    let own = try? card.configuration?.value.transitionPool
    if let own, let transitionPool, own != transitionPool {
      throw Failure(
        .usage,
        "--transition-pool: expected \(own.rawValue), which the weights were trained with, found \(transitionPool.rawValue); leave it out"
      )
    }
    if let pool = transitionPool ?? own { configuration.transitionPool = pool }
  }

  private func base(_ card: ModelCard, otherwise other: String) throws -> ChosenModel {
    guard let model else {
      if let stated = card.configuration {
        return ChosenModel(name: card.model ?? "densenet", configuration: try stated.value)
      }
      let name = card.model ?? other
      guard let configuration = try? DenseNet.Configuration(named: name) else {
        throw Failure(
          .invalidData, "the weights are of a model \"\(name)\", expected a DenseNet; name the network with --model")
      }
      return ChosenModel(name: name, configuration: configuration)
    }
    guard model.hasSuffix(".json") else {
      do { return ChosenModel(name: model, configuration: try .init(named: model)) } catch let failure as Failure {
        throw Failure(.usage, "--model: \(failure)")
      }
    }
    guard FileManager.default.fileExists(atPath: model) else {
      throw Failure(.missingInput, "\(model): no such file; check the path given to --model")
    }
    guard let data = FileManager.default.contents(atPath: model) else {
      throw Failure(.inputOutput, "\(model): cannot be read; check its permissions")
    }
    return ChosenModel(
      name: URL(fileURLWithPath: model).deletingPathExtension().lastPathComponent,
      configuration: try .init(json: data, source: model))
  }
}

/// A network, and what its user calls it.
struct ChosenModel {
  let name: String
  var configuration: DenseNet.Configuration

  /// What help texts say of ``imageSide``.
  static let sideHelp =
    "Default: what the network is made for (96 for d2l, 224 for Table 1, 32 for CIFAR's)."

  /// The side of the images that such networks are made for, in pixels.
  var imageSide: Int {
    switch (configuration.stem, configuration.naming) {
    case (.cifar, _): 32
    case (.imageNet, .chapter): 96
    case (.imageNet, .torchvision): 224
    }
  }
}
