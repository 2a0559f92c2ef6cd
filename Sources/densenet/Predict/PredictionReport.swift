import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets

/// What `densenet predict` found, and what it left out.
struct PredictionReport: Encodable {
  struct Class: Encodable {
    let `class`: String
    let index: Int
    let probability: Double
  }

  struct Prediction: Encodable {
    let file: String
    /// The most probable first.
    let top: [Class]
  }

  struct Skipped: Encodable {
    let file: String
    let reason: String
  }

  var predictions: [Prediction] = []
  private(set) var skipped: [Skipped] = []
  private var leftOut = LeftOutImages()

  private enum CodingKeys: CodingKey { case predictions, skipped }

  /// Names an image on standard error, and goes on.
  mutating func skip(_ image: SkippedImage) {
    leftOut.report(image)
    skipped.append(Skipped(file: image.file, reason: image.reason))
  }

  /// - Throws: the end of a run that left images out.
  func requireAll() throws { try leftOut.throwIfAny(of: predictions.count + skipped.count) }

  func printed(as format: PredictionFormat) throws {
    switch format {
    case .json: try printResult(String(decoding: try compactJSON(self), as: UTF8.self))
    case .csv: try printResult(csv())
    case .table: if !predictions.isEmpty { try printResult(table()) }
    }
  }

  private func table() -> String {
    var table = TextTable(columns: [.init("file"), .init("rank", .right), .init("class"), .init("probability", .right)])
    for prediction in predictions {
      for (rank, top) in prediction.top.enumerated() {
        table.addRow([
          rank == 0 ? prediction.file : "", "\(rank + 1)", top.class,
          "\(TextFormat.fixed(100 * top.probability, decimals: 2))%",
        ])
      }
    }
    return String(table.rendered().dropLast())
  }

  private func csv() -> String {
    var lines = ["file,rank,class,index,probability"]
    for prediction in predictions {
      for (rank, top) in prediction.top.enumerated() {
        lines.append(
          [
            TextFormat.field(prediction.file), "\(rank + 1)", TextFormat.field(top.class), "\(top.index)",
            "\(Float(top.probability))",
          ]
          .joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n")
  }
}

/// Counts images that were left out, for the exit status.
struct LeftOutImages {
  private var count = 0
  private var status: Int32 = 0

  /// Names an image on standard error.
  mutating func report(_ image: SkippedImage) {
    printError(image.failure.description)
    count += 1
    // A file that is not there says more than one that is damaged.
    status = max(status, image.failure.exitStatus)
  }

  /// - Throws: ``LeftOut`` where there is any.
  func throwIfAny(of total: Int) throws {
    guard count > 0 else { return }
    throw LeftOut(
      status: status,
      description: total > 1 ? "left out \(count) of \(total) images and folders, named above" : nil)
  }
}

/// The end of a run that printed its result but left images out, each of them named before.
struct LeftOut: Error {
  let status: Int32
  let description: String?
}
