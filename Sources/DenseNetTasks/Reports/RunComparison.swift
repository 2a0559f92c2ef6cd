public import DenseNetIO
public import DenseNetReports
import DenseNets
public import Foundation

/// A comparison of runs, with the settings in which they differ.
public struct RunComparison: Sendable {
  /// What JSON says of a run. What it has not come to is null.
  public struct Report: Encodable, Sendable {
    public let run: String
    public let model: String?
    public let dataset: String?
    public let epochs: Int
    public let parameters: Int?
    /// Of three parts: over the validation images.
    public let valAccuracy: Double?
    public let testAccuracy: Double?
    /// Of the best epoch's weights.
    public let bestTestAccuracy: Double?
    /// Of several labels.
    public let meanAUROC: Double?
    /// Of the best epoch's weights.
    public let bestMeanAUROC: Double?
    /// Of three parts: over the validation images.
    public let valMeanAUROC: Double?
    public let testLoss: Double?
    public let trainLoss: Double?
    public let examplesPerSecond: Double?
    public let peakMemoryBytes: Int?
    public let seconds: Double?
    /// Those in which the runs differ.
    public let settings: [String: String]
  }

  /// For a page or a table.
  public let runs: [ComparisonPage.Run]
  public let report: [Report]

  public init(_ records: [RunRecord]) {
    let names = Self.names(of: records.map(\.url))
    let settings = Self.differing(records.map(\.settings))
    runs = records.indices.map { index in
      let record = records[index]
      return ComparisonPage.Run(
        name: names[index], model: record.summary?.model ?? record.config["model"]?.text,
        dataset: record.summary?.dataset ?? record.config["dataset.name"]?.text, results: record.results,
        curves: record.curves, epochs: record.metrics.epochs.last?.epoch ?? record.summary?.epochs ?? 0,
        settings: settings[index])
    }
    report = zip(records, runs).map { record, run in
      Report(
        run: record.url.relativePath, model: run.model, dataset: run.dataset, epochs: run.epochs,
        parameters: run.results?.parameters, valAccuracy: run.validationAccuracy?.finite,
        testAccuracy: run.testAccuracy?.finite, bestTestAccuracy: run.bestTestAccuracy?.finite,
        meanAUROC: run.meanAUROC?.finite, bestMeanAUROC: run.bestMeanAUROC?.finite,
        valMeanAUROC: run.validationMeanAUROC?.finite, testLoss: run.testLoss?.finite,
        trainLoss: run.trainLoss?.finite, examplesPerSecond: run.examplesPerSecond?.finite,
        peakMemoryBytes: run.results?.peakMemoryBytes, seconds: run.results?.seconds.finite,
        settings: Dictionary(uniqueKeysWithValues: run.settings.map { ($0.key, $0.value) }))
    }
  }

  /// Writes the page, the image of the curves, or both.
  /// - Throws: `Failure(.usage)` where another file than such a one would be replaced, before anything is written;
  ///   `Failure(.inputOutput)`.
  public func write(html: URL?, svg: URL?) throws {
    let page = ComparisonPage(runs)
    if let html { try OutputFile.require(html, as: .html, settings: ["html"]) }
    if let svg { try OutputFile.require(svg, as: .svg, settings: ["svg"]) }
    if let html { try AtomicFile.write(Data(page.html().utf8), to: html) }
    if let svg { try AtomicFile.write(Data(page.svg().utf8), to: svg) }
  }

  /// As much of each path's end as tells them apart.
  private static func names(of urls: [URL]) -> [String] {
    let paths = urls.map { $0.standardizedFileURL.pathComponents }
    var length = 1
    var names = paths.map { $0.suffix(length).joined(separator: "/") }
    while Set(names).count < Set(paths).count {
      length += 1
      names = paths.map { $0.suffix(length).joined(separator: "/") }
    }
    return names
  }

  /// Of each run, the settings in which some run differs from another, in one order for all; a dash where a run has no
  /// such setting. Runs of which no settings are known differ in none.
  private static func differing(
    _ settings: [[(key: String, value: String)]]
  ) -> [[(key: String, value: String)]] {
    let tables = settings.map { Dictionary($0.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) }
    let known = tables.filter { !$0.isEmpty }
    let keys = Set(known.flatMap(\.keys)).sorted().filter { key in Set(known.map { $0[key] }).count > 1 }
    return tables.map { table in keys.map { ($0, table[$0] ?? "–") } }
  }
}

extension Double {
  /// JSON has no NaN and no infinity.
  fileprivate var finite: Double? { isFinite ? self : nil }
}
