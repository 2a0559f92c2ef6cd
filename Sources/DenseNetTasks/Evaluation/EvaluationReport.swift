public import DenseNetData
public import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// A folder with what an evaluation has shown: `report.html`, `evaluation.json` and `predictions.csv`, as a run leaves them.
///
/// ```swift
/// let report = try EvaluationReport("results")
/// task.keepsPredictions = true
/// try report.write(try task.run(on: .folder("flowers")), of: task.network, on: "flowers")
/// ```
public struct EvaluationReport {
  /// What the files are written into.
  public let folder: RunDirectory
  private let lock: RunLock

  /// Makes the folder, or takes one that holds no run; results of another evaluation are replaced.
  /// - Throws: `Failure(.usage)` where it holds a run, `Failure(.inputOutput)` where it cannot be written, or another
  ///   process is writing there.
  public init(_ output: String) throws {
    folder = try RunDirectory(creating: URL(fileURLWithPath: output))
    lock = try RunLock(folder.url)
  }

  /// What went wrong on the file system's side, for a person to read.
  public var warning: String? { lock.warning }

  /// Removes the folder, if nothing was written into it.
  public func abandon() {
    lock.release()
    folder.removeIfEmpty()
  }

  /// Writes the files.
  /// - Parameters:
  ///   - result: with its predictions.
  ///   - dataset: what was evaluated on, for the page.
  ///   - settings: what else the page lists.
  ///   - image: an image by its index; nil: from the predictions' files.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(
    _ result: EvaluationResult, of network: LoadedNetwork, on dataset: String,
    settings: [(key: String, value: String)] = [], image: ((Int) throws -> DecodedImage)? = nil
  ) throws {
    var page = page(of: result, network, on: dataset, settings)
    if let labels = result.labels {
      try RunReport(folder: folder).write(filesOf: labels)
      page.labels = labels
      page.thresholdNote = thresholdNote(labels, network)
      return try folder.write(report: page.html())
    }
    let evaluation = Evaluation(result.predictions, classNames: result.classNames)
    let paths = Dictionary(
      zip(result.predictions.map(\.index), result.paths).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    let images = try RunReport(folder: folder).write(filesOf: evaluation) { index in
      let picture = try image?(index) ?? DecodedImage(contentsOf: paths[index] ?? "")
      return try picture.thumbnail(side: 96).pngData()
    }
    page.evaluation = evaluation
    page.images = images
    try folder.write(report: page.html())
  }

  /// On which images the weights' thresholds were chosen, where these are the thresholds; nil: not by results.
  private func thresholdNote(_ labels: MultiLabelEvaluation, _ network: LoadedNetwork) -> String? {
    guard let part = TrainingImages(network.metadata).thresholdsPart,
      let own = try? network.thresholds(), own == labels.thresholds
    else { return nil }
    let note = "The thresholds are those of the best F1 on the \(part) images of training"
    return note + (part == "test" ? "; on these, precision, recall and F1 are too high for new ones." : ".")
  }

  private func page(
    of result: EvaluationResult, _ network: LoadedNetwork, on dataset: String,
    _ settings: [(key: String, value: String)]
  ) -> ReportPage {
    var page = ReportPage(title: "\(network.chosen.name) on \(dataset)")
    page.evaluatedPart = (result.part ?? .test).adjective
    let images = page.evaluatedPart.map { "\($0) image" } ?? "image"
    page.facts = [network.source, TextFormat.count(result.examples, images)]
    if !result.skipped.isEmpty { page.facts.append("\(TextFormat.thousands(result.skipped.count)) left out") }
    page.settings = [("weights", network.source), ("model", network.chosen.name), ("dataset", dataset)] + settings
    return page
  }
}

extension EvaluationPart {
  /// What its images are called; nil for those of all parts.
  fileprivate var adjective: String? {
    switch self {
    case .train: "training"
    case .validation: "validation"
    case .test: "test"
    case .all: nil
    }
  }
}
