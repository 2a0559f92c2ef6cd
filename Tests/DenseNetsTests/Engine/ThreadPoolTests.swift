import Synchronization
import Testing

@testable import DenseNets

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 5, 16])
  func everyItemRunsOnce(_ threads: Int) throws {
    let pool = try ThreadPool(threads: threads)
    for count in [0, 1, 2, 7, 100, 1000] {
      let runs = (0..<max(count, 1)).map { _ in Counter() }
      pool.run(count) { item, _ in runs[item].value.add(1, ordering: .relaxed) }
      #expect(runs.prefix(count).allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }
  }

  @Test func manyShortRuns() throws {
    let pool = try ThreadPool(threads: 3)
    let total = Counter()
    for _ in 0..<5_000 { pool.run(4) { _, _ in total.value.add(1, ordering: .relaxed) } }
    #expect(total.value.load(ordering: .relaxed) == 20_000)
  }

  @Test func wakesAfterSleep() async throws {
    let pool = try ThreadPool(threads: 4)
    let total = Counter()
    for _ in 0..<5 {
      try await Task.sleep(for: .milliseconds(20))
      pool.run(8) { _, _ in total.value.add(1, ordering: .relaxed) }
    }
    #expect(total.value.load(ordering: .relaxed) == 40)
  }

  @Test func severalCallersTakeTurns() async throws {
    let pool = try ThreadPool(threads: 3)
    let total = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<100 { pool.run(5) { _, _ in total.value.add(1, ordering: .relaxed) } }
        }
      }
    }
    #expect(total.value.load(ordering: .relaxed) == 4_000)
  }

  @Test func scratchBelongsToOneItemAtATime() throws {
    let pool = try ThreadPool(threads: 4)
    let clashes = Counter()
    pool.run(500, scratch: 64) { item, scratch in
      for i in 0..<64 { scratch[i] = Float(item) }
      for i in 0..<64 where scratch[i] != Float(item) { clashes.value.add(1, ordering: .relaxed) }
    }
    #expect(clashes.value.load(ordering: .relaxed) == 0)
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }
}
