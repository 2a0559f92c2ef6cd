/// Whether confidence can be believed.
enum CalibrationSection {
  static func html(_ evaluation: Evaluation) -> String? {
    let calibration = evaluation.calibration
    guard calibration.count > 0 else { return nil }
    let difference = calibration.confidence - evaluation.accuracy
    let verdict =
      abs(difference) < 0.01
      ? "On average, confidence and accuracy agree."
      : "On average, the network is \(TextFormat.percent(abs(difference))) too "
        + (difference > 0 ? "confident." : "cautious.")
    return HTML.section(
      "Calibration",
      note: "Of the images with 80% confidence, 80% should be right: bars should end on the diagonal. Expected "
        + "calibration error \(TextFormat.percent(calibration.expectedError)), greatest in a bin "
        + "\(TextFormat.percent(calibration.greatestError)). \(verdict)",
      "<div class=\"panel diagram\">\n\(ReliabilityDiagram(calibration).svg())</div>")
  }
}
