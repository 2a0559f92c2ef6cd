/// One stretch of memory for parts that are needed at different times: parts that are never needed together share it.
///
/// Largest first, each part takes the lowest place that is free for all of its time.
struct ArenaPlan: Sendable {
  struct Part: Sendable {
    let name: String
    let bytes: Int
    /// The first and the last time at which it is needed.
    let times: ClosedRange<Int>
    /// In bytes from the arena's, on a cache line.
    fileprivate(set) var start = 0

    init(_ name: String, bytes: Int, times: ClosedRange<Int>) {
      self.name = name
      self.bytes = (bytes + 63) / 64 * 64
      self.times = times
    }
  }

  /// In the order given.
  private(set) var parts: [Part]
  let bytes: Int

  init(_ parts: [Part]) {
    var placed: [Part] = []
    var result = parts
    for index in parts.indices.sorted(by: { (parts[$0].bytes, $1) > (parts[$1].bytes, $0) }) {
      let others = placed.filter { $0.times.overlaps(parts[index].times) }.sorted { $0.start < $1.start }
      var start = 0
      for other in others where start + parts[index].bytes > other.start {
        start = max(start, other.start + other.bytes)
      }
      result[index].start = start
      placed.append(result[index])
    }
    self.parts = result
    bytes = result.map { $0.start + $0.bytes }.max() ?? 0
  }
}
