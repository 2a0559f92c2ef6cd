public import Foundation

/// An evaluation's figures and what a report needs in addition to the predictions: `evaluation.json`.
public struct EvaluationRecord: Sendable, Codable, Equatable {
  /// A class and how well it is recognised; what is not defined is nil.
  public struct Class: Sendable, Codable, Equatable {
    public let name: String
    /// Its examples.
    public let support: Int
    public let precision: Double?
    public let recall: Double?
    public let f1: Double?
  }

  /// The image of an example.
  public struct Image: Sendable, Codable, Equatable {
    /// The example's place in its dataset.
    public let index: Int
    /// A PNG file's bytes; base64 in JSON.
    public let png: Data

    public init(index: Int, png: Data) { (self.index, self.png) = (index, png) }
  }

  public let examples: Int
  /// Nil where there are no examples, and so for the other averages.
  public let accuracy: Double?
  /// The share of examples whose label is among the five most probable classes; nil for five classes or fewer.
  public let top5Accuracy: Double?
  public let loss: Double?
  public let expectedCalibrationError: Double?
  public let classes: [Class]
  /// Of the most confident mistakes.
  public let images: [Image]

  enum CodingKeys: String, CodingKey {
    case examples, accuracy, loss, classes
    // The name that files written since the first version have.
    case images = "pictures"
    case top5Accuracy = "top5_accuracy"
    case expectedCalibrationError = "expected_calibration_error"
  }

  public init(_ evaluation: Evaluation, images: [Image]) {
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    let matrix = evaluation.confusion
    examples = evaluation.count
    accuracy = finite(evaluation.accuracy)
    top5Accuracy = matrix.classes > 5 ? finite(evaluation.accuracy(ofTop: 5)) : nil
    loss = finite(evaluation.loss)
    expectedCalibrationError = finite(evaluation.calibration.expectedError)
    classes = evaluation.classNames.enumerated().map { index, name in
      Class(
        name: name, support: matrix.support(index), precision: matrix.precision(index), recall: matrix.recall(index),
        f1: matrix.f1(index))
    }
    self.images = images
  }
}
