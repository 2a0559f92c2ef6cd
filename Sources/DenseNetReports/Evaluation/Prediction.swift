/// A classifier's prediction for one example, as far as an evaluation needs it.
public struct Prediction: Sendable, Equatable {
  /// The example's place in its dataset.
  public var index: Int
  /// The file that it came from, where it came from one.
  public var file: String?
  public var label: Int
  /// The class of the greatest probability; of equal ones, the first.
  public var predicted: Int
  /// The probability of ``predicted``.
  public var confidence: Double
  /// The probability of ``label``.
  public var labelProbability: Double
  /// The label's place among the classes by their probabilities, from 1; of equal ones, the first is before.
  public var labelRank: Int

  public init(
    index: Int, file: String? = nil, label: Int, predicted: Int, confidence: Double, labelProbability: Double,
    labelRank: Int
  ) {
    (self.index, self.file, self.label, self.predicted) = (index, file, label, predicted)
    (self.confidence, self.labelProbability, self.labelRank) = (confidence, labelProbability, labelRank)
  }

  /// - Parameter probabilities: of each class: `[classes]`.
  /// - Precondition: `label` is one of the classes.
  public init(index: Int, file: String? = nil, label: Int, probabilities: some Collection<Float>) {
    let values = probabilities.map(Double.init)
    precondition(values.indices.contains(label), "expected a label below \(values.count), found \(label)")
    let own = values[label]
    let predicted = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    self.init(
      index: index, file: file, label: label, predicted: predicted, confidence: values[predicted],
      labelProbability: own,
      labelRank: 1 + values.indices.count { values[$0] > own || values[$0] == own && $0 < label })
  }

  public var isCorrect: Bool { predicted == label }
}
