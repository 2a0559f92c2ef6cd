import ArgumentParser

struct TabularCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tabular", abstract: "Learn to predict a number from a table.",
    subcommands: [TabularTrainCommand.self, TabularPredictCommand.self])
}
