public import ArgumentParser
import DenseNetTasks
public import DenseNets

extension DenseNet.Configuration.TransitionPool: ExpressibleByArgument {}

/// Which network: a name, or a configuration.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The network: d2l (the chapter's), densenet121, 161, 169, 201 or 264 (the paper's Table 1), densenet-<depth>-<growth> or densenet-bc-<depth>-<growth> (the paper's for CIFAR, such as densenet-bc-100-12), or a JSON file with its configuration. Default: the one that the weights record or their shapes imply, if any are given, else in training the recipe's (densenet-bc-100-12 for paper-cifar), else d2l.",
      valueName: "name or file.json"))
  var model: String?

  @Option(number: "Growth rate: channels that each dense layer adds. Default: the model's.")
  var growthRate: Positive?

  @Option(
    help: ArgumentHelp("Dense layers per block, such as 6,12,24,16. Default: the model's.", valueName: "n,n,…"),
    transform: ModelOptions.parseLayers)
  var blockLayers: [Int]?

  @Option(number: "Channels after the first convolution. Default: the model's.")
  var initialFeatures: Positive?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Channels of a layer's 1×1 bottleneck, as a multiple of the growth rate; 0 for none. Default: the model's.",
      valueName: "n"))
  var bottleneckWidth: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Share of the channels that a transition keeps, up to 1. Default: the model's.", valueName: "x"))
  var compression: Double?

  @Option(
    help: ArgumentHelp(
      "Pooling in transitions, over 2×2 values: average, or max. Default: the model's (average).",
      valueName: "name"))
  var transitionPool: DenseNet.Configuration.TransitionPool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Dropout probability of the values in a layer's output, in training. Default: the model's (0).",
      valueName: "x"))
  var dropRate: Double?

  @Sendable private static func parseLayers(_ argument: String) throws -> [Int] {
    let layers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !layers.isEmpty, layers.count <= 16, layers.allSatisfy({ (1...1024).contains($0 ?? 0) }) else {
      throw Failure(.usage, "expected up to 16 numbers from 1 to 1024 separated by commas, such as 6,12,24,16")
    }
    return layers.map { $0! }
  }

  /// What the options choose.
  var choice: ModelChoice {
    var choice = ModelChoice(model)
    choice.growthRate = growthRate?.value
    choice.blockLayers = blockLayers
    choice.initialFeatures = initialFeatures?.value
    choice.bottleneckWidth = bottleneckWidth
    choice.compression = compression
    choice.transitionPool = transitionPool
    choice.dropRate = dropRate
    return choice
  }
}

extension ChosenModel {
  /// What help texts say about ``imageSide``.
  static let ownSides = "96 for d2l, 224 for Table 1, 32 for CIFAR's"
  static let sideHelp = "Default: the network's own (\(ownSides))."
}
