import Synchronization

/// Reports a download to a monitor, one stage per file.
final class DownloadStages: Sendable {
  private let monitor: TaskMonitor
  private let current = Mutex<String?>(nil)

  init(_ monitor: TaskMonitor) { self.monitor = monitor }

  /// - Parameters:
  ///   - received: bytes so far.
  ///   - expected: bytes in all, where that is known.
  func update(_ file: String, _ received: Int64, _ expected: Int64?) {
    let last = current.withLock { current in
      defer { current = file }
      return current
    }
    if last != file {
      if last != nil { monitor.stageEnds() }
      monitor.stageBegins(.init("download \(file)", total: Int(expected ?? 0), unit: .bytes))
    }
    monitor.advanced(Int(received))
  }

  func end() {
    if current.withLock({ $0 != nil }) { monitor.stageEnds() }
  }
}
