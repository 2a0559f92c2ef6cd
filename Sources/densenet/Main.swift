import ArgumentParser

@main
struct DenseNetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "densenet")
}
