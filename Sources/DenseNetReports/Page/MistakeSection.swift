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
    let label = HTML.name(names[mistake.label], limit: 36)
    let predicted = HTML.name(names[mistake.predicted], limit: 36)
    let place = mistake.file.map { HTML.name($0, limit: 60, keepsEnd: true) } ?? "image \(mistake.index)"
    let alternative = [mistake.file ?? place, names[mistake.label], names[mistake.predicted]].map {
      escaped(DisplayWidth.fitted($0, to: 80, keepsEnd: true))
    }
    return """
      <li><figure>
      <img src="data:image/png;base64,\(Data(png).base64EncodedString())" alt="\(alternative[0]): \(alternative[1]), taken for \(alternative[2])">
      <figcaption><b>\(predicted)</b> \(TextFormat.percent(mistake.confidence))<br>\
      <span>is \(label) \(TextFormat.percent(mistake.labelProbability))<br>\(place)</span></figcaption>
      </figure></li>
      """
  }
}
