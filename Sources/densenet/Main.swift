import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

@main
struct DenseNetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "densenet",
    abstract: "Train, evaluate and run DenseNets on an ordinary CPU.",
    discussion: """
      "densenet train" with no options is the DenseNet chapter of "Dive into Deep Learning": its network, its recipe, \
      its two closing lines.

      Exit status: 0 done; 64 wrong usage; 65 bad input data; 66 missing input; 70 internal error; \
      74 input or output failed; 130 interrupted.
      """,
    version: VersionReport(program: "densenet").description,
    subcommands: commands)

  private static var commands: [any ParsableCommand.Type] {
    var commands: [any ParsableCommand.Type] = [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, ConvertCommand.self, QuantizeCommand.self,
      ExportCommand.self,
      SummaryCommand.self, BenchCommand.self, LearningRateCommand.self, ReportCommand.self,
      CompareCommand.self, TabularCommand.self,
    ]
    #if Serve
      commands.insert(ServeCommand.self, at: 3)
    #endif
    return commands
  }

  static func main() async {
    StandardStreams.prepare()
    var parsed: (any ParsableCommand)?
    do {
      try MemoryGuard.begin()
      var command = try parseAsRoot(Path.arguments)
      parsed = command
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      Foundation.exit(report(error, of: parsed))
    }
  }

  /// Reports what ended the program, and returns its exit status.
  /// - Parameter command: what was running, where the command line was understood.
  private static func report(_ error: any Error, of command: (any ParsableCommand)? = nil) -> Int32 {
    switch error {
    case let failure as Failure:
      printError(failure.line(of: command))
      return failure.exitStatus
    case is Interruption, is TaskInterruption:
      printError("\(error)")
      return 130
    case let leftOut as LeftOut:
      if let line = leftOut.description { printError(line) }
      return leftOut.status
    default: return reportParsing(error, isUsage: command == nil)
    }
  }

  /// Help and the version, or a wrong command line in one line.
  /// - Parameter isUsage: whether no command was begun: the parser gives what `validate()` throws a status of its own.
  private static func reportParsing(_ error: any Error, isUsage: Bool) -> Int32 {
    let status = exitCode(for: error)
    guard status == .success else {
      printError(usageLine(message(for: error)))
      return isUsage && status == .failure ? 64 : status.rawValue
    }
    do {
      try printResult(fullMessage(for: error))
      return 0
    } catch { return report(error) }
  }

  private static func usageLine(_ message: String) -> String {
    var line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    if line.hasSuffix(".") { line.removeLast() }
    // The command that the arguments name, such as "densenet tabular train".
    var (name, command): (String, any ParsableCommand.Type) = ("densenet", DenseNetCommand.self)
    for argument in Path.arguments {
      let commands = command.configuration.subcommands
      guard let next = commands.first(where: { $0.configuration.commandName == argument }) else { break }
      (name, command) = ("\(name) \(argument)", next)
    }
    return "\(line.prefix(1).lowercased())\(line.dropFirst()); see \(name) --help"
  }
}

extension Failure {
  /// The exit status of sysexits.h.
  var exitStatus: Int32 {
    switch kind {
    case .usage: 64
    case .invalidData: 65
    case .missingInput: 66
    case .internalError: 70
    case .inputOutput: 74
    }
  }
}

/// The user stopped the run; says where the files are.
struct Interruption: Error, CustomStringConvertible {
  let description: String
}
