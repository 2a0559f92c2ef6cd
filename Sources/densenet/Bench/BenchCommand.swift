import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure speed and memory on this machine.",
    subcommands: [BenchTrainCommand.self, BenchPredictCommand.self])
}
