import ArgumentParser
import DenseNetTasks
import DenseNets

/// What of a network that comes with weights is trained further, and how.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stays as it is: features (all but the classifier), or blocks:<n> (the stem and the first <n> dense blocks with the transitions after them). Default: nothing.",
      valueName: "part"), transform: FineTuningOptions.parsePart)
  var freeze: FrozenPart?

  @Flag(
    help:
      "Batch norms keep their statistics, weights and biases, as for small batches of images like those of the weights."
  )
  var freezeNorm = false

  @Option(
    number: "The learning rate of all but the classifier, in units of --lr. Default: 1.", valueName: "x")
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
