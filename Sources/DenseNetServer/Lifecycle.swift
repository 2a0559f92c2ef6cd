#if Serve
  import Synchronization

  /// Whether the server is about to end, and how many requests are in progress.
  final class Lifecycle: Sendable {
    private let ending = Atomic<Bool>(false)
    private let count = Atomic<Int>(0)

    var isEnding: Bool { ending.load(ordering: .relaxed) }
    var requests: Int { count.load(ordering: .relaxed) }

    func begin() { ending.store(true, ordering: .relaxed) }
    func enter() { count.add(1, ordering: .relaxed) }
    func leave() { count.subtract(1, ordering: .relaxed) }
  }

  /// The bytes of all bodies that are in memory at once.
  final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether there is room for so many more.
    func take(_ bytes: Int) -> Bool {
      let now = used.add(bytes, ordering: .relaxed).newValue
      if now <= limit { return true }
      used.subtract(bytes, ordering: .relaxed)
      return false
    }

    func giveBack(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }

    var bytes: Int { used.load(ordering: .relaxed) }
  }
#endif
