public import DenseNets
public import Foundation
import SwiftProtobuf

/// Writes what happens in a run for TensorBoard, as `events.out.tfevents.<time>.<host>.<process>.<number>`.
///
/// ```swift
/// let events = try EventWriter(in: folder)
/// try events.append(settings: [("lr", "0.1")])
/// try events.append(point)          // each point of metrics.jsonl
/// ```
/// A resumed run gets a file of its own, since a file's owner may have been killed within a record; TensorBoard
/// reads all of a folder's files as one run.
public final class EventWriter: Sendable {
  private let file: AppendedFile
  private let clock: @Sendable () -> Date

  /// Creates a new file of events.
  /// - Parameters:
  ///   - folder: the run directory.
  ///   - resumedStep: the last update that is kept of a resumed run: TensorBoard drops what earlier files tell of
  ///     later ones.
  ///   - clock: the time of events.
  /// - Throws: `Failure(.inputOutput)`.
  public init(
    in folder: URL, resumedStep: Int? = nil, clock: @escaping @Sendable () -> Date = { Date() }
  ) throws(Failure) {
    self.clock = clock
    file = try AppendedFile(
      folder.appendingPathComponent(EventFileName.next(in: folder, now: clock())), mustBeNew: true)
    try append { $0.fileVersion = "brain.Event:2" }
    if let resumedStep {
      // TensorBoard drops the events of this step, and of those after it.
      try append(step: resumedStep + 1) { event in event.sessionLog = .with { $0.status = .start } }
    }
  }

  /// Writes a point of the run: `train/loss`, `train/accuracy` and `learning_rate` as they happen; at an epoch's end
  /// `test/loss`, `test/accuracy` (or `val/…`), `examples_per_second` and `waiting_share`, and for several labels
  /// `test/mean_auroc` and `test/mean_average_precision`. What is not known is left out.
  /// - Throws: `Failure(.inputOutput)`; the file then ends with the event before.
  public func append(_ point: MetricPoint) throws(Failure) {
    try append(scalars: point.scalars, step: point.step)
  }

  /// Writes numbers of one step, under their tags.
  /// - Throws: `Failure(.inputOutput)`; the file then ends with the event before.
  public func append(scalars: [(tag: String, value: Double)], step: Int) throws(Failure) {
    if scalars.isEmpty { return }
    try append(step: step) { event in
      event.summary.value = scalars.map { scalar in
        .with {
          $0.tag = scalar.tag
          $0.simpleValue = Float(scalar.value)
        }
      }
    }
  }

  /// Writes the settings as a table, which TensorBoard shows among the texts.
  /// - Throws: `Failure(.inputOutput)`; the file then ends with the event before.
  public func append(settings: [(key: String, value: String)]) throws(Failure) {
    func cell(_ text: String) -> String {
      String(text.map { $0.isNewline ? " " : $0 }).replacing("|", with: "\\|")
    }
    let rows = settings.map { "| \(cell($0.key)) | \(cell($0.value)) |\n" }.joined()
    try append { event in
      event.summary.value = [
        .with {
          $0.tag = "settings"
          $0.metadata.pluginData.pluginName = "text"
          $0.tensor.dtype = .dtString
          $0.tensor.tensorShape = .init()
          $0.tensor.stringVal = [Data(("| setting | value |\n|---|---|\n" + rows).utf8)]
        }
      ]
    }
  }

  private func append(step: Int = 0, _ fill: (inout TBEvent) -> Void) throws(Failure) {
    var event = TBEvent()
    event.wallTime = clock().timeIntervalSince1970
    event.step = Int64(step)
    fill(&event)
    let content: Data
    do {
      content = try event.serializedData()
    } catch {
      throw Failure(.internalError, "\(file.path): cannot encode an event: \(error)")
    }
    try file.append(TFRecord.framed(content))
  }
}
