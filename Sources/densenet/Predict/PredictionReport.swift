import DenseNetIO
import DenseNetReports
import DenseNetTasks

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

  let predictions: [Prediction]
  let skipped: [SkippedFile]

  init(_ result: PredictionResult) {
    predictions = result.images.map { image in
      Prediction(
        file: image.file,
        top: image.classes.map { Class(class: $0.name, index: $0.index, probability: $0.probability) })
    }
    skipped = result.skipped.map(SkippedFile.init)
  }

  func print(as format: PredictionFormat) throws {
    switch format {
    case .json: try printJSON(self)
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
