import ArgumentParser
import DenseNets

/// A command whose options for some settings have other names than in most commands.
protocol NamesSettings {
  /// The options of a setting, by the setting's name in the library; none where the command has no such option.
  static var optionNames: [Failure.Setting: [String]] { get }
}

extension Failure {
  /// The options that give most commands' settings, where they are not called as the settings are in the
  /// library; none for settings that most commands have no option for.
  static let optionNames: [Setting: [String]] = [
    "averageDecay": ["--ema"],
    "classNames": ["--classes"],
    "dataDirectory": ["--data-dir"],
    "delimiter": [],
    "dropped": ["--drop"],
    "featuresLearningRateScale": ["--features-lr-scale"],
    "highestLearningRate": ["--highest-lr"],
    "horizontalFlip": ["--flip"],
    "imageSize": ["--resize"],
    "initialWeights": ["--weights"],
    "keptCheckpoints": ["--keep-checkpoints"],
    "learningRate": ["--lr"],
    "learningRateFactor": ["--lr-factor"],
    "logTarget": ["--no-log-target"],
    "lowestLearningRate": ["--lowest-lr"],
    "minimumLearningRate": ["--min-lr"],
    "missing": ["--na"],
    "normalization": ["--normalize"],
    "positiveWeights": ["--pos-weight"],
    "shuffle": ["--no-shuffle"],
    "startsOver": ["--from-start"],
    "validationShare": ["--val-share"],
  ]

  /// The options of a setting: `--batch-size` for `batchSize`.
  private static func options(of setting: Setting) -> [String] {
    if let names = optionNames[setting] { return names }
    return ["--" + setting.rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()]
  }

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
      let names = own[setting] ?? Self.options(of: setting)
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
