import DenseNetIO
import DenseNets
import Foundation

/// What the processes that train one network agree upon; a process that is alone agrees with itself.
struct Team {
  /// Nil: there are no others.
  let replicas: (any Replicas)?

  /// Whether this process speaks and writes for all.
  var isFirst: Bool { replicas.map { $0.rank == 0 } ?? true }
  var count: Int { replicas?.count ?? 1 }
  /// For a loader.
  var place: (rank: Int, count: Int)? { replicas.map { ($0.rank, $0.count) } }

  /// - Throws: what `body` throws, on any replica.
  func together<T>(_ body: () throws -> T) throws -> T {
    try replicas.together(body)
  }

  /// The first replica's result of `body`; nil on the others, which do not call it.
  func first<T>(_ body: () throws -> T) throws -> T? {
    guard let replicas else { return try body() }
    return try replicas.first(body)
  }

  /// Calls `body` on the first replica, then on the first of each other machine, then on the others: what one has
  /// downloaded, the next ones find.
  func inTurn<T>(_ body: () async throws -> T) async throws -> T {
    guard let replicas else { return try await body() }
    let host = replicas.host(of: replicas.rank)
    let isFirstThere = (0..<replicas.rank).allSatisfy { replicas.host(of: $0) != host }
    let own = replicas.rank == 0 ? 0 : isFirstThere ? 1 : 2
    var result: Result<T, any Error>?
    for turn in 0..<3 {
      if turn == own {
        do { result = .success(try await body()) } catch { result = .failure(error) }
      }
      try replicas.together { if case .failure(let error)? = result { throw error } }
    }
    return try result!.get()
  }

  /// What the first replica knows.
  func shared(_ data: Data?) -> Data? {
    guard let replicas else { return data }
    // The first byte tells nothing from something empty.
    let bytes = replicas.broadcast(data.map { [1] + Array($0) } ?? [0])
    return bytes[0] == 1 ? Data(bytes.dropFirst()) : nil
  }

  /// An outcome that the first replica found.
  func shared(_ outcome: TrainingOutcome?) throws -> TrainingOutcome? {
    guard replicas != nil else { return outcome }
    let folder = shared(outcome.map { Data($0.folder.url.path.utf8) })
    let summary = shared(try outcome.map { try JSONEncoder().encode($0.summary) })
    guard let folder, let summary, !isFirst else { return outcome }
    return TrainingOutcome(
      folder: RunDirectory(at: URL(fileURLWithPath: String(decoding: folder, as: UTF8.self))),
      summary: try JSONDecoder().decode(RunSummary.self, from: summary), wasComplete: outcome?.wasComplete ?? true)
  }

  /// Gives all replicas the first one's weights.
  func share(_ model: DenseNet) {
    guard let replicas else { return }
    for entry in model.namedState {
      let bytes = replicas.broadcast(entry.parameter.value.storage.withUnsafeBytes(Array.init))
      entry.parameter.value.storage = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
  }

  // MARK: Speaking

  /// For this replica: the others are silent, but are asked whether to stop.
  func monitor(_ monitor: TaskMonitor) -> TaskMonitor {
    if isFirst { return monitor }
    var silent = TaskMonitor()
    silent.shouldStop = monitor.shouldStop
    return silent
  }

  /// For this replica: the others only say that they are ready.
  func events(_ events: TrainingEvents) -> TrainingEvents {
    if isFirst { return events }
    var silent = TrainingEvents()
    silent.isReady = events.isReady
    return silent
  }
}
