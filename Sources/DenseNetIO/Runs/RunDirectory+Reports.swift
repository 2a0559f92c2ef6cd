package import DenseNets
public import Foundation

/// What a run directory holds for people and other programs, made from the rest.
extension RunDirectory {
  public var reportURL: URL { url.appendingPathComponent("report.html") }
  public var metricsTableURL: URL { url.appendingPathComponent("metrics.csv") }
  public var evaluationURL: URL { url.appendingPathComponent("evaluation.json") }
  public var predictionsURL: URL { url.appendingPathComponent("predictions.csv") }

  /// A folder that is there already, unchecked.
  public init(at url: URL) { self.url = url }

  /// Writes `report.html`.
  /// - Throws: `Failure(.inputOutput)`.
  package func write(report html: String) throws(Failure) {
    try AtomicFile.write(Data(html.utf8), to: reportURL)
  }

  /// Writes `metrics.csv` from `metrics.jsonl`.
  /// - Throws: `Failure(.inputOutput)`, and as ``MetricsHistory/init(contentsOf:)``.
  package func writeMetricsTable() throws(Failure) {
    try AtomicFile.write(Data(try MetricsHistory(contentsOf: metricsURL).csv.utf8), to: metricsTableURL)
  }
}
