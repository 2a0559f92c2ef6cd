import Foundation

/// A bounded queue from one background thread to its consumers.
///
/// `@unchecked Sendable`: every stored variable is read and written under the condition's lock alone.
final class PrefetchQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isFinished = false
  private var isCancelled = false
  private var waited = 0.0

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Adds an element once there is room. False tells the producer to stop: nobody will take the element.
  func push(_ element: Element) -> Bool {
    condition.withLock {
      while elements.count >= capacity && !isCancelled { condition.wait() }
      if isCancelled { return false }
      elements.append(element)
      condition.broadcast()
      return true
    }
  }

  /// The producer has no more elements.
  func finish() {
    condition.withLock {
      isFinished = true
      condition.broadcast()
    }
  }

  /// The consumer takes no more elements.
  func cancel() {
    condition.withLock {
      isCancelled = true
      elements = []
      condition.broadcast()
    }
  }

  /// The next element, once there is one, or nil after the last one and after a cancellation.
  func pop() -> Element? {
    condition.withLock {
      if elements.isEmpty && !isFinished && !isCancelled {
        let clock = ContinuousClock()
        let start = clock.now
        while elements.isEmpty && !isFinished && !isCancelled { condition.wait() }
        waited += (clock.now - start) / .seconds(1)
      }
      guard !elements.isEmpty else { return nil }
      defer { condition.broadcast() }
      return elements.removeFirst()
    }
  }

  /// How long ``pop()`` has waited in total, in seconds.
  var secondsWaited: Double { condition.withLock { waited } }
  /// The elements that wait to be taken.
  var readyCount: Int { condition.withLock { elements.count } }
}
