import ArgumentParser
import DenseNets
import Foundation

@main
struct DenseNetCommand: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "densenet",
    abstract: "Train, evaluate and run DenseNets on an ordinary CPU.",
    discussion: """
      "densenet train" with no options is the DenseNet chapter of "Dive into Deep Learning": its network, its recipe, \
      its two closing lines.

      Exit status: 0 done; 64 wrong usage; 65 bad input data; 66 missing input; 70 internal error; \
      74 input or output failed; 130 interrupted.
      """,
    version: version,
    subcommands: [TrainCommand.self, EvaluateCommand.self, SummaryCommand.self, BenchCommand.self])

  static func main() async {
    signal(SIGPIPE, SIG_IGN)  // a reader that goes away is an error of that write, not the end of the run
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      printError("densenet: \(failure)")
      Foundation.exit(failure.exitStatus)
    } catch let interruption as Interruption {
      printError(interruption.description)
      Foundation.exit(130)
    } catch {
      exit(withError: error)
    }
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

func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// Writes a result to standard output.
/// - Throws: `Failure(.inputOutput)` if it cannot be written.
func printResult(_ text: String) throws {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    throw Failure(.inputOutput, "standard output: cannot be written: \(error.localizedDescription)")
  }
}
