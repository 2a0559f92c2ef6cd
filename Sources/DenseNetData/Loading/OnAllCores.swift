import DenseNets
import Foundation
import Synchronization

/// Calls `body` for each of `0..<count` on as many threads as there are cores, the calling one included, and returns
/// when all are done. Fewer threads do the work where the system starts no more; Dispatch would wait for them for ever.
func onAllCores(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let next = Counter()
  @Sendable func work() {
    while true {
      let index = next.value.add(1, ordering: .relaxed).oldValue
      if index >= count { return }
      body(index)
    }
  }
  let ended = DispatchSemaphore(value: 0)
  var started = 0
  for _ in 1..<max(2, min(ProcessInfo.processInfo.activeProcessorCount, count)) where count > 1 {
    do throws(Failure) {
      try BackgroundThread.start(stack: 8 << 20) {
        work()
        ended.signal()
      }
      started += 1
    } catch { break }
  }
  work()
  for _ in 0..<started { ended.wait() }
}

private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
