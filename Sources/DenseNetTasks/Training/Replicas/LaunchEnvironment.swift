public import DenseNets
import Foundation

/// What a launcher of parallel programs, such as `mpirun` or `srun`, says in the environment.
public struct LaunchEnvironment: Sendable {
  /// Processes that were started together.
  public let count: Int
  public let rank: Int
  /// Whether they can find each other by MPI; `srun` without PMI or PMIx starts processes that cannot.
  public let isConnected: Bool

  /// What the environment of this process says.
  public init() { self.init(ProcessInfo.processInfo.environment) }

  package init(_ variables: [String: String]) {
    func number(_ names: String...) -> Int? { names.lazy.compactMap { variables[$0].flatMap { Int($0) } }.first }
    let own = number("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
    let isStep = variables["SLURM_PROCID"] != nil && variables["SLURM_STEP_ID"] != nil
    isConnected = own != nil
    rank = own ?? (isStep ? number("SLURM_PROCID") : nil) ?? 0
    let all = number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
    count = all ?? (isStep ? number("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS") : nil) ?? 1
  }

  /// Whether a launcher started this process.
  public var isLaunched: Bool { isConnected || count > 1 }

  /// - Parameter hasMPI: whether the program was built with MPI.
  /// - Throws: `Failure(.usage)` where several processes were started that would each train alone.
  public func requireConnection(hasMPI: Bool) throws(Failure) {
    guard count > 1 else { return }
    guard hasMPI else {
      throw Failure(
        .usage,
        "expected a program built with MPI, as a launcher started \(count) processes, found one without: each would train alone; build it with \"make mpi\""
      )
    }
    guard isConnected else {
      throw Failure(
        .usage,
        "srun started \(count) processes without PMI or PMIx, so MPI cannot connect them; let srun start them with mpi=pmix (mpi=list shows what this Slurm has), or start them with mpirun inside the allocation"
      )
    }
  }
}
