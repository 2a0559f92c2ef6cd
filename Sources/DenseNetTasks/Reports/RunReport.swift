import DenseNetData
public import DenseNetIO
public import DenseNetReports
import DenseNets
public import Foundation

/// What a run leaves for people: `report.html` and `metrics.csv`, and where there is an evaluation, `predictions.csv` and
/// `evaluation.json`, from which the page can be made again.
///
/// ```swift
/// try RunReport(folder: folder).write(
///   .init(probabilities: probabilities, labels: labels, classNames: names), image: { try test.image(at: $0).pngData() })
/// try RunReport(folder: folder).write()   // without an evaluation: a run that was interrupted
/// ```
/// Call it when the run's other files are written: the page says what they say.
public struct RunReport: Sendable {
  public let folder: RunDirectory

  public init(folder: RunDirectory) { self.folder = folder }

  /// Writes all files.
  /// - Parameters:
  ///   - evaluation: of the test set with the run's last weights.
  ///   - image: an example's image as a PNG file's bytes, by the example's `index`. Asked for the most confident
  ///     mistakes only, and left out where it can no longer be read.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(_ evaluation: Evaluation, image: (Int) throws -> [UInt8]) throws {
    _ = try write(filesOf: evaluation, image: image)
    try write()
  }

  /// Writes `predictions.csv` and `evaluation.json`.
  /// - Returns: the images of the most confident mistakes, as PNG files by the examples' indices.
  func write(filesOf evaluation: Evaluation, image: (Int) throws -> [UInt8]) throws -> [Int: [UInt8]] {
    let images = evaluation.mostConfidentMistakes(ReportPage.mistakes).compactMap { mistake in
      (try? image(mistake.index)).map { EvaluationRecord.Image(index: mistake.index, png: Data($0)) }
    }
    let table = PredictionTable.text(evaluation.predictions, classNames: evaluation.classNames)
    try AtomicFile.write(Data(table.utf8), to: folder.predictionsURL)
    let record = EvaluationRecord(evaluation, images: images)
    try AtomicFile.write(try prettyJSON(record) + Data("\n".utf8), to: folder.evaluationURL)
    return Dictionary(images.map { ($0.index, [UInt8]($0.png)) }, uniquingKeysWith: { $1 })
  }

  /// Writes the files of an evaluation of several labels, but not the page.
  /// - Throws: `Failure(.inputOutput)`.
  func write(filesOf evaluation: MultiLabelEvaluation) throws {
    try AtomicFile.write(Data(MultiLabelTable.text(evaluation).utf8), to: folder.predictionsURL)
    try AtomicFile.write(try prettyJSON(MultiLabelRecord(evaluation)) + Data("\n".utf8), to: folder.evaluationURL)
  }

  /// Writes the page and the table of points from what the folder holds.
  /// - Throws: `Failure(.inputOutput)`, and `Failure(.invalidData)` where a file of the folder holds something else.
  public func write() throws {
    try folder.writeMetricsTable()
    try folder.write(report: try page().html())
  }

  /// Writes the page of what the folder holds, once more where a run ends in the meantime.
  /// - Throws: as ``page()``, `Failure(.inputOutput)`, and `Failure(.usage)` where another file than a page would be
  ///   replaced.
  public func writePage(to target: URL) throws {
    let files = FileManager.default
    if target != folder.reportURL { try OutputFile.require(target, as: .html, settings: ["output"]) }
    for _ in 0..<3 {
      let before = files.contents(atPath: folder.summaryURL.path)
      let html = try page().html()
      try AtomicFile.write(Data(html.utf8), to: target)
      if files.contents(atPath: folder.summaryURL.path) == before { return }
    }
  }

  /// The page of what the folder holds.
  /// - Throws: as ``write()``, and `Failure(.missingInput)` where the folder holds no run.
  public func page() throws -> ReportPage {
    let record = try RunRecord(contentsOf: folder.url)
    var page = ReportPage(title: record.title)
    page.facts = record.facts
    page.results = record.results
    page.curves = record.curves
    page.settings = record.settings
    page.environment = record.environment
    page.labels = try readLabels()
    page.thresholdNote = record.thresholdNote
    if page.labels == nil, let (evaluation, images) = try readEvaluation() {
      (page.evaluation, page.images) = (evaluation, images)
    }
    return page
  }

  private var hasEvaluation: Bool {
    let files = FileManager.default
    return files.fileExists(atPath: folder.evaluationURL.path) && files.fileExists(atPath: folder.predictionsURL.path)
  }

  /// Nil where there is none, or it is one of images with one class.
  private func readLabels() throws -> MultiLabelEvaluation? {
    guard hasEvaluation, case .object(let members)? = try? readJSON(JSONValue.self, from: folder.evaluationURL),
      members["labels"] != nil
    else { return nil }
    let record = try readJSON(MultiLabelRecord.self, from: folder.evaluationURL)
    let table = try CSVTable(contentsOf: folder.predictionsURL)
    return try MultiLabelTable.evaluation(
      rows: table.rows, place: table.place, labels: record.labels.map { ($0.name, $0.threshold) })
  }

  private func readEvaluation() throws -> (Evaluation, images: [Int: [UInt8]])? {
    guard hasEvaluation else { return nil }
    let record = try readJSON(EvaluationRecord.self, from: folder.evaluationURL)
    let table = try CSVTable(contentsOf: folder.predictionsURL)
    let predictions = try PredictionTable.predictions(
      header: table.header, rows: table.rows, place: table.place, classes: record.classes.count)
    let images = record.images.map { ($0.index, [UInt8]($0.png)) }
    return (
      Evaluation(predictions, classNames: record.classes.map(\.name)), Dictionary(images, uniquingKeysWith: { $1 })
    )
  }
}
