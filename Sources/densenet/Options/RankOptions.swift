import ArgumentParser
import DenseNetTasks
import DenseNets
import Foundation

#if MPI
  import DenseNetMPI
#endif

/// How processes that a launcher such as mpirun has started together work as one.
struct RankOptions: ParsableArguments {
  #if MPI
    @Option(
      help: ArgumentHelp(
        "Under mpirun or srun, whose values batch norms are computed from: sync (the whole batch's, as in one process), or local (each rank's own; running statistics are averaged). Default: sync.",
        valueName: "name"))
    var batchNorm: BatchNormOption?

    @Option(
      number: "Under mpirun or srun, give up on a rank that keeps the others waiting this long.", valueName: "seconds")
    var mpiTimeout: PositiveReal = PositiveReal(300)
  #endif

  func change(_ options: inout TrainingOptions) {
    #if MPI
      if let batchNorm { options.batchNorm = batchNorm.statistics }
    #endif
  }

  var batchNormStatistics: BatchNormStatistics {
    #if MPI
      batchNorm?.statistics ?? .synchronized
    #else
      .synchronized
    #endif
  }

  /// Calls `body` on all ranks.
  /// - Parameter body: gets nil where this process is alone.
  /// - Returns: nil on all ranks but the first, which speaks for all.
  /// - Throws: what `body` throws; on the other ranks without a word.
  func run<T>(_ body: ((any Replicas)?) async throws -> T) async throws -> T? {
    let launch = LaunchEnvironment()
    #if MPI
      try silently(launch.rank) { try launch.requireConnection(hasMPI: true) }
      guard launch.isLaunched else { return try await body(nil) }
      let replicas = try MPIReplicas(timeout: mpiTimeout.value) { failure in
        printError(failure.line(of: nil))
        MPIReplicas.abort(status: failure.exitStatus)
      }
      let result: Result<T, any Error>
      do { result = .success(try await body(replicas)) } catch { result = .failure(error) }
      replicas.finish()
      return try silently(replicas.rank) { replicas.rank == 0 ? try result.get() : try (result.get(), nil).1 }
    #else
      try silently(launch.rank) { try launch.requireConnection(hasMPI: false) }
      return try await body(nil)
    #endif
  }

  private func silently<T>(_ rank: Int, _ body: () throws -> T) throws -> T {
    do { return try body() } catch  where rank > 0 {
      throw LeftOut(status: (error as? Failure)?.exitStatus ?? 130, description: nil)
    }
  }
}

/// What `--batch-norm` can name.
enum BatchNormOption: String, CaseIterable, ExpressibleByArgument {
  case sync, local

  var statistics: BatchNormStatistics { self == .sync ? .synchronized : .local }
}
