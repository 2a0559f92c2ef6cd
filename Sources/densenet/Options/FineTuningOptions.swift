import ArgumentParser
import DenseNetTasks
import DenseNets

/// Which parts of a pretrained network are trained, and how.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The part to freeze: features (everything but the classifier), or blocks:<n> (the stem and the first <n> dense blocks with the transitions after them). Default: nothing.",
      valueName: "part"), transform: FineTuningOptions.parsePart)
  var freeze: FrozenPart?

  @Flag(
    help:
      "Freeze the batch norms' statistics, weights and biases, for small batches of images that resemble those the weights were trained on."
  )
  var freezeNorm = false

  @Option(
    number: "Learning rate of everything but the classifier, as a multiple of --lr. Default: 1.", valueName: "x")
  var featuresLrScale: NonNegativeReal?

  @Sendable private static func parsePart(_ argument: String) throws -> FrozenPart {
    if argument == "features" { return .features }
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "blocks", let count = Int(parts[1]), count > 0 else {
      throw Failure(.usage, "expected features or blocks:<n>")
    }
    return .blocks(count)
  }

  var options: TrainingOptions.FineTuningOptions {
    var options = TrainingOptions.FineTuningOptions()
    (options.freeze, options.freezeNorm) = (freeze, freezeNorm)
    if let scale = featuresLrScale?.value { options.featuresLearningRateScale = scale }
    return options
  }
}
