import DenseNets
import Foundation

/// Replicas that train in threads of this process. Sums and joins are made in the order of ranks.
final class ThreadReplicas: @unchecked Sendable {
  /// Everything below is read and written under its lock alone.
  private let condition = NSCondition()
  private let count: Int
  private var told: [Any?]
  private var answer: Any?
  private var (waiting, round) = (0, 0)

  init(_ count: Int) {
    self.count = count
    told = Array(repeating: nil, count: count)
  }

  /// What `join` makes of every replica's value.
  fileprivate func exchange<T>(_ value: T, of rank: Int, _ join: ([T]) -> T) -> T {
    condition.withLock {
      told[rank] = value
      waiting += 1
      let own = round
      if waiting == count {
        answer = join(told.map { $0 as! T })
        (waiting, round) = (0, round + 1)
        condition.broadcast()
      }
      while round == own {
        guard condition.wait(until: Date(timeIntervalSinceNow: 120)) else { fatalError("a replica is missing") }
      }
      return answer as! T
    }
  }

  private var mail: [[Int]: [[Double]]] = [:]

  fileprivate func send(_ values: [Double], from: Int, to: Int) {
    condition.withLock {
      mail[[from, to], default: []].append(values)
      condition.broadcast()
    }
  }

  fileprivate func receive(from: Int, to: Int) -> [Double] {
    condition.withLock {
      while mail[[from, to], default: []].isEmpty {
        guard condition.wait(until: Date(timeIntervalSinceNow: 120)) else { fatalError("a message is missing") }
      }
      return mail[[from, to]]!.removeFirst()
    }
  }

  /// Calls `body` in a thread for each of `count` replicas.
  static func run<T>(_ count: Int, _ body: @escaping @Sendable (any Replicas) throws -> T) throws -> [T] {
    let shared = ThreadReplicas(count)
    let lock = NSLock()
    nonisolated(unsafe) var results = [Result<T, any Error>?](repeating: nil, count: count)
    let group = DispatchGroup()
    for rank in 0..<count {
      group.enter()
      let thread = Thread {
        let result = Result {
          // A device of its own: one that waits for another keeps its device's memory.
          try Device.$current.withValue(try .cpu(threads: 1)) {
            try body(Member(shared, rank: rank, count: count))
          }
        }
        lock.withLock { results[rank] = result }
        group.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    group.wait()
    return try results.map { try $0!.get() }
  }

  private final class Member: Replicas, @unchecked Sendable {
    let shared: ThreadReplicas
    let rank: Int
    let count: Int
    let secondsWaited = 0.0
    private var begun: [[Float]] = []

    init(_ shared: ThreadReplicas, rank: Int, count: Int) {
      (self.shared, self.rank, self.count) = (shared, rank, count)
    }

    func host(of rank: Int) -> String { "machine \(rank)" }
    func limitWaiting(_ isLimited: Bool) {}
    func poll() {}

    func sum(_ values: inout [Double]) {
      values = shared.exchange(values, of: rank) { all in
        all.dropFirst().reduce(all[0]) { sum, other in zip(sum, other).map(+) }
      }
    }

    func join(_ moments: inout [Moments]) {
      moments = shared.exchange(moments, of: rank) { all in
        all.dropFirst().reduce(all[0]) { sum, other in zip(sum, other).map { $0.joined(with: $1) } }
      }
    }

    func beginSum(_ values: [Float]) { begun.append(values) }

    func finishSums() -> [[Float]] {
      defer { begun = [] }
      return begun.map { values in
        shared.exchange(values, of: rank) { all in
          all.dropFirst().reduce(all[0]) { sum, other in zip(sum, other).map(+) }
        }
      }
    }

    func exchange(_ messages: [(to: Int, values: [Double])], from sources: [(rank: Int, count: Int)]) -> [[Double]] {
      for message in messages { shared.send(message.values, from: rank, to: message.to) }
      return sources.map { source in
        let values = shared.receive(from: source.rank, to: rank)
        precondition(
          values.count == source.count, "expected \(source.count) values of \(source.rank), found \(values.count)")
        return values
      }
    }

    func gather(_ values: [Float]) -> [[Float]] { shared.exchange([values], of: rank) { all in all.map { $0[0] } } }
    func broadcast(_ bytes: [UInt8]) -> [UInt8] { shared.exchange(bytes, of: rank) { $0[0] } }
  }
}
