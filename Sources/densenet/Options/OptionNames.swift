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
    "blockLayers": ["--block-layers"],
    "bottleneckWidth": ["--bottleneck-width"],
    "categorical": ["--categorical"],
    "checkpointMinutes": ["--checkpoint-minutes"],
    "checkpointSteps": ["--checkpoint-steps"],
    "classNames": ["--classes"],
    "classWeights": ["--class-weights"],
    "clipNorm": ["--clip-norm"],
    "colorJitter": ["--color-jitter"],
    "compression": ["--compression"],
    "convolution": ["--convolution"],
    "cropPadding": ["--crop-padding"],
    "cutout": ["--cutout"],
    "dataDirectory": ["--data-dir"],
    "dataset": ["--dataset"],
    "decimal": ["--decimal"],
    "dropRate": ["--drop-rate"],
    "dropped": ["--drop"],
    "entry": ["--entry"],
    "epochs": ["--epochs"],
    "featuresLearningRateScale": ["--features-lr-scale"],
    "features": ["--features"],
    "fit": ["--fit"],
    "folds": ["--folds"],
    "force": ["--force"],
    "freeze": ["--freeze"],
    "freezeNorm": ["--freeze-norm"],
    "grey": ["--grey"],
    "groupColumn": ["--group-column"],
    "growthRate": ["--growth-rate"],
    "highestLearningRate": ["--highest-lr"],
    "horizontalFlip": ["--flip"],
    "id": ["--id"],
    "imageSize": ["--resize"],
    "initialFeatures": ["--initial-features"],
    "initialWeights": ["--weights"],
    "inputTensors": ["--input-tensors"],
    "keptCheckpoints": ["--keep-checkpoints"],
    "labelColumn": ["--label-column"],
    "labelColumns": ["--label-columns"],
    "labelSeparator": ["--label-separator"],
    "labelSmoothing": ["--label-smoothing"],
    "layers": ["--layers"],
    "learningRate": ["--lr"],
    "learningRateFactor": ["--lr-factor"],
    "logTarget": ["--no-log-target"],
    "lowestLearningRate": ["--lowest-lr"],
    "maxSteps": ["--max-steps"],
    "mean": ["--mean"],
    "milestones": ["--milestones"],
    "minimumLearningRate": ["--min-lr"],
    "missing": ["--na"],
    "mixup": ["--mixup"],
    "model": ["--model"],
    "momentum": ["--momentum"],
    "nesterov": ["--nesterov"],
    "normalization": ["--normalize"],
    "numClasses": ["--num-classes"],
    "numeric": ["--numeric"],
    "optimizer": ["--optimizer"],
    "output": ["--output"],
    "outputTensors": ["--output-tensors"],
    "part": ["--part"],
    "pathColumn": ["--path-column"],
    "patience": ["--patience"],
    "positiveWeights": ["--pos-weight"],
    "precision": ["--precision"],
    "randomErasing": ["--random-erasing"],
    "randomResizedCrop": ["--random-resized-crop"],
    "recipe": ["--recipe"],
    "repetitions": ["--repetitions"],
    "resume": ["--resume"],
    "rotation": ["--rotation"],
    "schedule": ["--schedule"],
    "seed": ["--seed"],
    "shuffle": ["--no-shuffle"],
    "splitSeed": ["--split-seed"],
    "startsOver": ["--from-start"],
    "std": ["--std"],
    "steps": ["--steps"],
    "target": ["--target"],
    "testLimit": ["--test-limit"],
    "testShare": ["--test-share"],
    "thousands": ["--thousands"],
    "threads": ["--threads"],
    "threshold": ["--threshold"],
    "trainLimit": ["--train-limit"],
    "transitionPool": ["--transition-pool"],
    "uncertain": ["--uncertain"],
    "validationShare": ["--val-share"],
    "verticalFlip": ["--vertical-flip"],
    "warmupEpochs": ["--warmup-epochs"],
    "warmupStart": ["--warmup-start"],
    "weightDecay": ["--weight-decay"],
  ]

  /// The failure as a command reports it, with the options to change.
  func line(of command: (any ParsableCommand)?) -> String {
    let own = command.flatMap { type(of: $0) as? any NamesSettings.Type }?.optionNames ?? [:]
    return description + Self.names(of: settings, own, output: (command as? TrainCommand)?.output?.text)
  }

  /// The options of settings, in parentheses; nothing where there are none.
  /// - Parameters:
  ///   - own: those of a command that calls them otherwise.
  ///   - output: the folder of the run that is to be resumed.
  static func names(of settings: [Setting], _ own: [Setting: [String]] = [:], output: String? = nil) -> String {
    let options = settings.flatMap { setting in
      let names = own[setting] ?? optionNames[setting] ?? []
      return setting == "resume" ? names.map { output == nil ? $0 : "\($0) --output \(output!)" } : names
    }
    return options.isEmpty ? "" : " (\(options.joined(separator: ", ")))"
  }
}

extension Remark {
  /// The remark as a command reports it, with the options to change.
  func line(of command: (any ParsableCommand)?) -> String {
    Failure(.invalidData, text, settings: settings).line(of: command)
  }
}
