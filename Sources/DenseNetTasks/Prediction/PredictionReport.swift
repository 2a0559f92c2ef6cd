package import DenseNetData
import DenseNetIO
import DenseNetReports

/// What was predicted, and what was left out, as JSON, CSV or a table.
package struct PredictionReport: Encodable {
  package struct Class: Encodable {
    let `class`: String
    let index: Int
    let probability: Double
  }

  package struct Prediction: Encodable {
    let file: String
    /// The most probable first.
    let top: [Class]
  }

  let predictions: [Prediction]
  let skipped: [SkippedFile]

  package var isEmpty: Bool { predictions.isEmpty }

  package init(_ result: PredictionResult) {
    predictions = result.images.map { image in
      Prediction(
        file: image.file,
        top: image.classes.map { Class(class: $0.name, index: $0.index, probability: $0.probability) })
    }
    skipped = result.skipped.map(SkippedFile.init)
  }

  package func table() -> String {
    var table = TextTable(columns: [
      .init("file", limit: 60, keepsEnd: true), .init("rank", .right), .init("class", limit: 50),
      .init("probability", .right),
    ])
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

  package func csv() -> String {
    var lines = ["file,rank,class,index,probability"]
    for prediction in predictions {
      for (rank, top) in prediction.top.enumerated() {
        let fields = [prediction.file, "\(rank + 1)", top.class, "\(top.index)", "\(Float(top.probability))"]
        lines.append(fields.map(CSVText.field).joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n")
  }
}

/// An image that was left out, as JSON says it.
package struct SkippedFile: Encodable {
  let file: String
  let reason: String

  package init(_ image: SkippedImage) { (file, reason) = (image.file, image.reason) }
}
