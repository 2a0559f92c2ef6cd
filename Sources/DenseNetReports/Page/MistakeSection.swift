import Foundation

/// The most confident mistakes as images: wrong labels and odd images show up there first.
enum MistakeSection {
  static func html(_ evaluation: Evaluation, images: [Int: [UInt8]]) -> String? {
    let shown = evaluation.mostConfidentMistakes(ReportPage.mistakes).compactMap { mistake in
      images[mistake.index].map { figure(mistake, png: $0, names: evaluation.classNames) }
    }
    if shown.isEmpty { return nil }
    return HTML.section(
      "Most confident mistakes", note: "Where the network was most sure and wrong. Look here for wrong labels.",
      "<ul class=\"images\">\n\(shown.joined(separator: "\n"))\n</ul>")
  }

  private static func figure(_ mistake: Prediction, png: [UInt8], names: [String]) -> String {
    let (label, predicted) = (escaped(names[mistake.label]), escaped(names[mistake.predicted]))
    let place = mistake.file.map(escaped) ?? "image \(mistake.index)"
    return """
      <li><figure>
      <img src="data:image/png;base64,\(Data(png).base64EncodedString())" alt="\(place): \(label), taken for \(predicted)">
      <figcaption><b>\(predicted)</b> \(TextFormat.percent(mistake.confidence))<br>\
      <span>is \(label) \(TextFormat.percent(mistake.labelProbability))<br>\(place)</span></figcaption>
      </figure></li>
      """
  }
}
