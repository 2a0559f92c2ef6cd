import ArgumentParser
import DenseNets

/// A command whose options for some settings have other names than in most commands.
protocol NamesSettings {
  /// The options of a setting, by the setting's name in the library; none where the command has no such option.
  static var optionNames: [Failure.Setting: [String]] { get }
}

extension Failure {
  /// The options that give most commands' settings, by the library's names of these.
  static let optionNames: [Setting: [String]] = [
    "accumulate": ["--accumulate"],
    "averageDecay": ["--ema"],
    "batchSize": ["--batch-size"],
    "checkpointMinutes": ["--checkpoint-minutes"],
    "checkpointSteps": ["--checkpoint-steps"],
    "classNames": ["--classes"],
    "classWeights": ["--class-weights"],
    "clipNorm": ["--clip-norm"],
    "dataDirectory": ["--data-dir"],
    "dataset": ["--dataset"],
    "dropped": ["--drop"],
    "epochs": ["--epochs"],
    "featuresLearningRateScale": ["--features-lr-scale"],
    "folds": ["--folds"],
    "freeze": ["--freeze"],
    "groupColumn": ["--group-column"],
    "growthRate": ["--growth-rate"],
    "highestLearningRate": ["--highest-lr"],
    "id": ["--id"],
    "imageSize": ["--resize"],
    "inputTensors": ["--input-tensors"],
    "keptCheckpoints": ["--keep-checkpoints"],
    "labelColumn": ["--label-column"],
    "labelColumns": ["--label-columns"],
    "labelSeparator": ["--label-separator"],
    "labelSmoothing": ["--label-smoothing"],
    "layers": ["--layers"],
    "learningRate": ["--lr"],
    "logTarget": ["--no-log-target"],
    "lowestLearningRate": ["--lowest-lr"],
    "mean": ["--mean"],
    "maxSteps": ["--max-steps"],
    "model": ["--model"],
    "momentum": ["--momentum"],
    "nesterov": ["--nesterov"],
    "normalization": ["--normalize"],
    "numClasses": ["--num-classes"],
    "output": ["--output"],
    "pathColumn": ["--path-column"],
    "patience": ["--patience"],
    "positiveWeights": ["--pos-weight"],
    "recipe": ["--recipe"],
    "resume": ["--resume"],
    "std": ["--std"],
    "steps": ["--steps"],
    "target": ["--target"],
    "testLimit": ["--test-limit"],
    "testShare": ["--val-share"],
    "threads": ["--threads"],
    "threshold": ["--threshold"],
    "trainLimit": ["--train-limit"],
    "transitionPool": ["--transition-pool"],
    "uncertain": ["--uncertain"],
    "weightDecay": ["--weight-decay"],
  ]

  /// The failure as a command reports it, with the options to change.
  func line(of command: (any ParsableCommand)?) -> String {
    let own = command.flatMap { type(of: $0) as? any NamesSettings.Type }?.optionNames ?? [:]
    let options = settings.flatMap { own[$0] ?? Self.optionNames[$0] ?? [] }
    return options.isEmpty ? description : "\(description) (\(options.joined(separator: ", ")))"
  }
}
