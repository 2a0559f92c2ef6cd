internal import Synchronization

/// Where the time of passes goes, by layer and kernel.
///
/// ```swift
/// let profiler = Profiler()
/// Profiler.$current.withValue(profiler) { _ = net.forward(x, mode: .training) }
/// for entry in profiler.entries { print(entry.layer, entry.kernel, entry.seconds) }
/// ```
public final class Profiler: Sendable {
  /// All calls of one kernel for one layer.
  public struct Entry: Sendable {
    /// The state-dict name of the layer's convolution, or what the layer does.
    public let layer: String
    public let kernel: String
    public fileprivate(set) var calls = 0
    /// Wall-clock time.
    public fileprivate(set) var seconds = 0.0
    /// Floating point operations, two per multiply-add, as direct convolution would do them.
    public fileprivate(set) var operations = 0
    /// Of maps and weights, read and written, each once: what memory must move at least.
    public fileprivate(set) var bytes = 0
  }

  private struct State {
    var layer = ""
    var entries: [Entry] = []
  }

  private let state = Mutex(State())

  /// The profiler that passes of this task report to; nil: none.
  @TaskLocal public static var current: Profiler?

  public init() {}

  /// In the order of their first calls.
  public var entries: [Entry] { state.withLock { $0.entries } }

  /// Forgets what was reported so far.
  public func reset() { state.withLock { $0.entries = [] } }

  /// Names the layer that reports from now on.
  func enter(_ layer: String) { state.withLock { $0.layer = layer } }

  /// Calls `body`, and reports its time if there is a profiler.
  package static func measure<R>(
    _ kernel: String, layer: String? = nil, operations: @autoclosure () -> Int = 0, bytes: @autoclosure () -> Int = 0,
    _ body: () throws -> R
  ) rethrows -> R {
    guard let profiler = current else { return try body() }
    let began = ContinuousClock.now
    defer {
      let seconds = (ContinuousClock.now - began).inSeconds
      profiler.add(kernel, layer: layer, seconds: seconds, operations: operations(), bytes: bytes())
    }
    return try body()
  }

  private func add(_ kernel: String, layer: String?, seconds: Double, operations: Int, bytes: Int) {
    state.withLock { state in
      let layer = layer ?? state.layer
      let known = state.entries.firstIndex { $0.layer == layer && $0.kernel == kernel }
      let index = known ?? state.entries.count
      if known == nil { state.entries.append(Entry(layer: layer, kernel: kernel)) }
      state.entries[index].calls += 1
      state.entries[index].seconds += seconds
      state.entries[index].operations += operations
      state.entries[index].bytes += bytes
    }
  }
}
