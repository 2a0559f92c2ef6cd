/// The arena's memory, cut by a plan.
final class Arena {
  private var buffer = Buffer<UInt8>(0)
  private var parts: [Buffer<UInt8>] = []
  private var plan = ArenaPlan([])

  /// Takes a new plan; memory grows where it must.
  func adopt(_ plan: ArenaPlan) {
    self.plan = plan
    if exactMemory {
      parts = plan.parts.map { Buffer($0.bytes) }
    } else if buffer.count < plan.bytes {
      buffer = Buffer(plan.bytes)
    }
  }

  private func place(_ part: Int) -> (buffer: Buffer<UInt8>, start: Int) {
    exactMemory ? (parts[part], 0) : (buffer, plan.parts[part].start)
  }

  /// - Parameter skipped: bytes of the part that come before; whole cache lines.
  func map(_ part: Int, skipping skipped: Int = 0, count: Int, _ precision: Precision) -> MapMemory {
    let (buffer, start) = place(part)
    return MapMemory(buffer, start: start + skipped, count: count, precision)
  }

  func bytes(_ part: Int) -> Bytes {
    let (buffer, start) = place(part)
    return Bytes(buffer, at: start)
  }
}
