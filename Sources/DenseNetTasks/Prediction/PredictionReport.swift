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
    /// The most probable first; nil where an image has several labels.
    let top: [Class]?
    /// In the network's order.
    let labels: [Label]?
  }

  /// One of several labels, and whether the image is said to have it.
  package struct Label: Encodable {
    let label: String
    let probability: Double
    let decision: Bool
    /// The image is said to have the label from this probability on.
    let threshold: Double
  }

  let predictions: [Prediction]
  let skipped: [SkippedFile]
  private let images: [PredictionResult.Image]
  private var hasSeveralLabels: Bool { images.first?.classes.first?.decision != nil }

  private enum CodingKeys: CodingKey { case predictions, skipped }

  package var isEmpty: Bool { predictions.isEmpty }

  package init(_ result: PredictionResult) {
    predictions = result.images.map { image in
      guard image.classes.first?.decision != nil else {
        let top = image.classes.map { Class(class: $0.name, index: $0.index, probability: $0.probability) }
        return Prediction(file: image.file, top: top, labels: nil)
      }
      let labels = image.classes.sorted { $0.index < $1.index }
      return Prediction(
        file: image.file, top: nil,
        labels: labels.map {
          Label(
            label: $0.name, probability: $0.probability, decision: $0.decision ?? false, threshold: $0.threshold ?? 0.5)
        })
    }
    images = result.images
    skipped = result.skipped.map(SkippedFile.init)
  }

  package func table() -> String {
    let own: [TextTable.Column] =
      hasSeveralLabels
      ? [.init("label", limit: 50), .init("probability", .right), .init("threshold", .right), .init("decision")]
      : [.init("class", limit: 50), .init("probability", .right)]
    var table = TextTable(columns: [.init("file", limit: 60, keepsEnd: true), .init("rank", .right)] + own)
    for image in images {
      for (rank, top) in image.classes.enumerated() {
        func percent(_ value: Double) -> String { "\(TextFormat.fixed(100 * value, decimals: 2))%" }
        let decided = top.threshold.map { [percent($0), top.decision == true ? "yes" : "no"] } ?? []
        table.addRow([rank == 0 ? image.file : "", "\(rank + 1)", top.name, percent(top.probability)] + decided)
      }
    }
    return String(table.rendered().dropLast())
  }

  package func csv() -> String {
    var lines = ["file,rank,class,index,probability" + (hasSeveralLabels ? ",decision,threshold" : "")]
    for image in images {
      for (rank, top) in image.classes.enumerated() {
        let own =
          top.threshold.map { ["\(top.probability)", top.decision == true ? "1" : "0", "\($0)"] }
          ?? ["\(Float(top.probability))"]
        let fields = [image.file, "\(rank + 1)", top.name, "\(top.index)"] + own
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
