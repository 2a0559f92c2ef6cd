import ArgumentParser
import DenseNets

/// A command whose options give some settings other names than most commands do.
protocol NamesSettings {
  /// The options of a setting, by the setting's name in the library; none where the command has no such option.
  static var optionNames: [Failure.Setting: [String]] { get }
}

extension Failure {
  /// The options that give most commands' settings, by the library's names of these.
  static let optionNames: [Setting: [String]] = [
    "batchSize": ["--batch-size"],
    "classNames": ["--classes"],
    "imageSize": ["--resize"],
    "inputTensors": ["--input-tensors"],
    "learningRate": ["--lr"],
    "model": ["--model"],
    "transitionPool": ["--transition-pool"],
  ]

  /// The failure as a command tells it: with the options to change.
  func line(of command: (any ParsableCommand)?) -> String {
    let own = command.flatMap { type(of: $0) as? any NamesSettings.Type }?.optionNames ?? [:]
    let options = settings.flatMap { own[$0] ?? Self.optionNames[$0] ?? [] }
    return options.isEmpty ? description : "\(description) (\(options.joined(separator: ", ")))"
  }
}
