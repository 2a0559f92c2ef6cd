internal import Dispatch
internal import Foundation
internal import Synchronization

/// Threads that live as long as the pool, spin briefly for the next task and then sleep.
///
/// Items are handed out one by one, so that which thread does which is chance; callers keep partial results by item
/// and reduce them in order, which makes results independent of the number of threads. Threads that have not come when the
/// last item is done, as on a busy machine, are not waited for.
final class ThreadPool: Sendable {
  /// Threads that work, the calling one included.
  let threadCount: Int
  private let shared: Shared

  /// - Throws: ``Failure`` if the system does not let so many threads start.
  init(threads: Int) throws {
    precondition(threads > 0)
    threadCount = threads
    shared = Shared(workers: threads - 1)
    for worker in 0..<threads - 1 {
      do throws(Failure) {
        try BackgroundThread.start { [shared] in
          Thread.current.name = "densenet worker \(worker + 1)"
          shared.work(worker)
        }
      } catch {
        shared.stop()
        throw error
      }
    }
  }

  deinit { shared.stop() }

  /// Makes sure that every thread has that many floats.
  func reserve(scratch: Int) { shared.turn.withLock { shared.owned.reserve(scratch) } }

  /// Calls `body(item, scratch)` for each item of `0..<count` on the pool's threads and waits for all.
  ///
  /// - Parameter scratch: floats that every thread gets for itself.
  /// One caller at a time runs; others wait for their turn. Do not call it from within `body`.
  func run(_ count: Int, scratch: Int = 0, _ body: (Int, Buffer<Float>) -> Void) {
    guard count > 0 else { return }
    shared.turn.withLock {
      shared.owned.reserve(scratch)
      let before = flushDenormals(true)
      withoutActuallyEscaping(body) { body in
        // The workers are done with it when this closure returns.
        nonisolated(unsafe) let body = body
        shared.run(Task(count: count, scratch: shared.owned.scratch) { body($0, $1) })
      }
      flushDenormals(before)
    }
  }
}

extension ThreadPool {
  fileprivate struct Task: Sendable {
    let count: Int
    /// One for each worker, the caller's last.
    let scratch: [Buffer<Float>]
    let body: @Sendable (Int, Buffer<Float>) -> Void
  }

  /// What only the running caller may touch.
  fileprivate struct Owned: Sendable {
    var scratch: [Buffer<Float>]

    mutating func reserve(_ count: Int) {
      for i in scratch.indices where scratch[i].count < count || exactMemory && scratch[i].count > count {
        scratch[i] = Buffer(count)
      }
    }
  }

  fileprivate final class Shared: @unchecked Sendable {
    /// A lock that the thread sanitizer knows; it does not see into `Synchronization.Mutex` when callers wait.
    let turn = NSLock()
    /// Only for who holds `turn`.
    var owned: Owned
    private let workers: Int
    /// Written by the running caller while the gate is closed, read by workers that are in.
    private var task: Task?
    private let gate = Gate()
    private let next = Atomic<Int>(0)
    /// Workers that have done their part.
    private let finished = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let sleepers: [Sleeper]

    init(workers: Int) {
      self.workers = workers
      owned = Owned(scratch: (0...workers).map { _ in Buffer(0) })
      sleepers = (0..<workers).map { _ in Sleeper() }
    }

    func run(_ task: Task) {
      self.task = task
      next.store(0, ordering: .relaxed)
      finished.store(0, ordering: .relaxed)
      gate.open()
      for sleeper in sleepers { sleeper.wake() }
      take(task, scratch: task.scratch[workers])
      let entered = gate.close()
      var spins = 0
      while finished.load(ordering: .acquiring) < entered {
        spins += 1
        if spins < 20_000 { spinPause() } else { sched_yield() }
      }
      self.task = nil
    }

    func stop() {
      stopped.store(true, ordering: .sequentiallyConsistent)
      gate.open()
      for sleeper in sleepers { sleeper.wake() }
    }

    private func take(_ task: Task, scratch: Buffer<Float>) {
      while true {
        let item = next.add(1, ordering: .relaxed).oldValue
        if item >= task.count { return }
        task.body(item, scratch)
      }
    }

    func work(_ worker: Int) {
      flushDenormals(true)
      var seen = 0
      while true {
        var spins = 0
        while gate.opened == seen {
          spins += 1
          if spins < 5_000 {
            spinPause()
          } else {
            sleepers[worker].sleep { gate.opened == seen }
          }
        }
        let (opened, isIn) = gate.enter()
        if stopped.load(ordering: .acquiring) { return }
        seen = opened
        guard isIn else { continue }
        if let task { take(task, scratch: task.scratch[worker]) }
        finished.add(1, ordering: .acquiringAndReleasing)
      }
    }
  }

  /// What workers pass to take part in a task, which is closed when its last item is handed out.
  fileprivate final class Gate: Sendable {
    /// How often it was opened, whether it is open, and who has entered since: 31, 1 and 32 bits.
    private let state = Atomic<UInt64>(0)
    private static let isOpen: UInt64 = 1 << 32

    /// How often it was opened.
    var opened: Int { Self.opened(state.load(ordering: .sequentiallyConsistent)) }

    private static func opened(_ state: UInt64) -> Int { Int(state >> 33) }

    /// For the only one who opens and closes it.
    func open() {
      state.store(UInt64(opened + 1) << 33 | Self.isOpen, ordering: .sequentiallyConsistent)
    }

    /// - Returns: how many have entered.
    func close() -> Int {
      Int(state.bitwiseXor(Self.isOpen, ordering: .acquiringAndReleasing).oldValue & (Self.isOpen - 1))
    }

    /// - Returns: how often it was opened, and whether it still is.
    func enter() -> (opened: Int, isIn: Bool) {
      var found = state.load(ordering: .acquiring)
      while found & Self.isOpen != 0 {
        let entry = state.weakCompareExchange(expected: found, desired: found + 1, ordering: .acquiringAndReleasing)
        if entry.exchanged { return (Self.opened(found), true) }
        found = entry.original
      }
      return (Self.opened(found), false)
    }
  }

  /// Lets one thread sleep until another wakes it, at the price of one atomic exchange when it is awake.
  fileprivate final class Sleeper: Sendable {
    private let asleep = Atomic<Bool>(false)
    private let semaphore = DispatchSemaphore(value: 0)

    func sleep(while condition: () -> Bool) {
      asleep.store(true, ordering: .sequentiallyConsistent)
      // Whoever sets `asleep` back decides: the waker has signalled, or this thread never slept.
      if condition() || !asleep.exchange(false, ordering: .sequentiallyConsistent) { semaphore.wait() }
    }

    func wake() {
      if asleep.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
    }
  }
}
