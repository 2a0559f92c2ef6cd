public import DenseNets

/// What a program built on this package reports of itself: its version, and what it computes with on this machine.
public struct VersionReport: Sendable, CustomStringConvertible {
  /// The program's name.
  public var program: String
  public let version = PackageVersion.current
  /// Those that the machine has, the widest last.
  public let instructionSets = InstructionSet.available
  /// The one in use, or why there is none.
  public let chosen: Result<InstructionSet, Failure>
  /// Threads that work where nothing else is asked for.
  public let threads = Device.coreCount

  public init(program: String) {
    self.program = program
    do throws(Failure) {
      chosen = .success(try Device.preferredInstructionSet())
    } catch {
      chosen = .failure(error)
    }
  }

  public var description: String {
    let names = instructionSets.map { set in
      if case .success(set) = chosen { "\(set.rawValue) (in use)" } else { set.rawValue }
    }
    let problem = if case .failure(let failure) = chosen { "; \(failure)" } else { "" }
    return """
      \(program) \(version)
      instruction sets: \(names.joined(separator: ", "))\(problem)
      threads: \(threads)
      """
  }
}
