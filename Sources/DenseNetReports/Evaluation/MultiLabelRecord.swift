/// The figures of an evaluation of several labels: `evaluation.json`. What is not defined is null.
public struct MultiLabelRecord: Sendable, Codable, Equatable {
  /// A label and how well it is recognised, over the images of which it is known.
  public struct Label: Sendable, Codable, Equatable {
    public let name: String
    public let known: Int
    public let positives: Int
    public let prevalence: Double?
    public let auroc: Double?
    public let averagePrecision: Double?
    /// Of the decisions "at least the threshold".
    public let threshold: Double
    public let precision: Double?
    public let recall: Double?
    public let f1: Double?
    public let expectedCalibrationError: Double?

    enum CodingKeys: String, CodingKey {
      case name, known, positives, prevalence, auroc, threshold, precision, recall, f1
      case averagePrecision = "average_precision"
      case expectedCalibrationError = "expected_calibration_error"
    }

    public init(_ result: LabelResult) {
      (name, known, positives, prevalence) = (result.name, result.known, result.positives, result.prevalence)
      (auroc, averagePrecision, threshold) = (result.auroc, result.averagePrecision, result.threshold)
      (precision, recall, f1) = (result.precision, result.recall, result.f1)
      expectedCalibrationError = result.known > 0 ? result.calibration.expectedError : nil
    }

    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encode(known, forKey: .known)
      try values.encode(positives, forKey: .positives)
      try values.encode(prevalence, forKey: .prevalence)
      try values.encode(auroc, forKey: .auroc)
      try values.encode(averagePrecision, forKey: .averagePrecision)
      try values.encode(threshold, forKey: .threshold)
      try values.encode(precision, forKey: .precision)
      try values.encode(recall, forKey: .recall)
      try values.encode(f1, forKey: .f1)
      try values.encode(expectedCalibrationError, forKey: .expectedCalibrationError)
    }
  }

  public let examples: Int
  /// The share of known labels that are decided rightly at 0.5.
  public let accuracy: Double?
  public let loss: Double?
  public let meanAUROC: Double?
  public let meanAveragePrecision: Double?
  /// In which all images are alike; the means leave them out.
  public let leftOut: [String]
  public let labels: [Label]

  enum CodingKeys: String, CodingKey {
    case examples, accuracy, loss, labels
    case meanAUROC = "mean_auroc"
    case meanAveragePrecision = "mean_average_precision"
    case leftOut = "left_out"
  }

  public init(_ evaluation: MultiLabelEvaluation) {
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    examples = evaluation.count
    (accuracy, loss) = (finite(evaluation.accuracy), finite(evaluation.loss))
    (meanAUROC, meanAveragePrecision) = (evaluation.meanAUROC, evaluation.meanAveragePrecision)
    leftOut = evaluation.leftOut
    labels = evaluation.labels.map(Label.init)
  }
}
