package import DenseNets
import Foundation

/// What a run that is resumed has left before.
extension RunDirectory {
  /// Whether the run must have written a checkpoint: it has come to the end of its second epoch or of all. After its
  /// first, it may have been killed before it did.
  package var hasResults: Bool {
    if FileManager.default.fileExists(atPath: summaryURL.path) { return true }
    return (try? MetricsHistory(contentsOf: metricsURL)).map { $0.epochs.count > 1 } ?? false
  }

  /// Removes what says how the run ended, and, for one that begins again, its points too; weights stay until others are
  /// written.
  /// - Throws: `Failure(.inputOutput)`.
  package func removeResults(andMetrics: Bool = false) throws(Failure) {
    let results = [summaryURL, evaluationURL, predictionsURL] + (andMetrics ? [metricsURL] : [])
    for url in results where FileManager.default.fileExists(atPath: url.path) {
      do { try FileManager.default.removeItem(at: url) } catch {
        throw Failure(.inputOutput, "\(url.relativePath): cannot be removed; check its permissions")
      }
    }
  }

  /// The best weights of before an epoch that was evaluated before its end.
  private var earlierBestURL: URL { checkpointsURL.appendingPathComponent("earlier-best.safetensors") }

  /// Keeps a copy of `best.safetensors`, which an epoch that was cut is about to replace. One that is there already is of
  /// before the same epoch.
  /// - Throws: `Failure(.inputOutput)`.
  package func keepEarlierBest() throws(Failure) {
    guard !Self.exists(earlierBestURL), Self.exists(bestURL) else { return }
    try? FileManager.default.createDirectory(at: checkpointsURL, withIntermediateDirectories: true)
    try Self.copy(bestURL, to: earlierBestURL)
  }

  /// Brings `best.safetensors` back to what it was before the epoch that was cut, which is to be completed.
  /// - Parameter isKept: whether an epoch before was the best; else there is none yet.
  /// - Throws: `Failure(.inputOutput)`.
  package func restoreEarlierBest(isKept: Bool) throws(Failure) {
    if isKept {
      // The copy stays until the epoch is complete: this process may end before it has written a checkpoint.
      if Self.exists(earlierBestURL) { try Self.copy(earlierBestURL, to: bestURL) }
    } else {
      try? FileManager.default.removeItem(at: bestURL)
      dropEarlierBest()
    }
  }

  package func dropEarlierBest() { try? FileManager.default.removeItem(at: earlierBestURL) }

  private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  private static func copy(_ source: URL, to target: URL) throws(Failure) {
    try AtomicFile.write(try InputData.read(source), to: target)
  }
}
