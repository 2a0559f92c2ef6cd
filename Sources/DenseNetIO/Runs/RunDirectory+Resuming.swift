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
}
