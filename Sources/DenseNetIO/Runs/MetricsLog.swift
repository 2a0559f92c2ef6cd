public import DenseNets
public import Foundation

/// Appends lines to `metrics.jsonl` as they happen. A reader never meets a part of a line of a live run, and a line that
/// a full disk cuts is taken back.
public final class MetricsLog: Sendable {
  private let file: AppendedFile

  /// Opens the file for appending, and creates it where it is not there.
  /// - Throws: `Failure(.inputOutput)`.
  public init(appendingTo url: URL) throws(Failure) {
    file = try AppendedFile(url)
  }

  /// Writes one line.
  /// - Throws: `Failure(.inputOutput)`; the file then ends with the line before.
  public func append(_ point: MetricPoint) throws(Failure) {
    try file.append(Data((point.jsonLine + "\n").utf8))
  }
}
