/// How often examples of each class were taken for each class, and what follows from it, as scikit-learn defines it.
public struct ConfusionMatrix: Sendable, Equatable {
  public let classes: Int
  /// The cells with examples, by their places in ``counts``: of many classes, next to none has any.
  private let cells: [Int: Int]
  /// Of each class, its examples and its predictions.
  private let rowSums: [Int]
  private let columnSums: [Int]

  /// - Precondition: labels and predicted classes are below `classes`.
  public init(_ predictions: [Prediction], classes: Int) {
    self.classes = classes
    var cells: [Int: Int] = [:]
    var rowSums = [Int](repeating: 0, count: classes)
    var columnSums = rowSums
    for prediction in predictions {
      precondition(
        (0..<classes).contains(prediction.label) && (0..<classes).contains(prediction.predicted),
        "expected classes below \(classes), found \(prediction.label) and \(prediction.predicted)")
      cells[prediction.label * classes + prediction.predicted, default: 0] += 1
      rowSums[prediction.label] += 1
      columnSums[prediction.predicted] += 1
    }
    (self.cells, self.rowSums, self.columnSums) = (cells, rowSums, columnSums)
  }

  /// `[classes, classes]`: a row for each true class, a column for each predicted one.
  public var counts: [Int] { (0..<classes * classes).map { cells[$0] ?? 0 } }

  /// How often examples of the class `label` were taken for `predicted`.
  public subscript(label: Int, predicted: Int) -> Int { cells[label * classes + predicted] ?? 0 }

  /// The number of the class's examples.
  public func support(_ label: Int) -> Int { rowSums[label] }

  /// How often the class was predicted.
  public func predictions(_ predicted: Int) -> Int { columnSums[predicted] }

  /// Of the predictions of the class, the share that is right; nil where there are none.
  public func precision(_ label: Int) -> Double? { Self.share(self[label, label], of: predictions(label)) }

  /// Of the class's examples, the share that was found; nil where there are none.
  public func recall(_ label: Int) -> Double? { Self.share(self[label, label], of: support(label)) }

  /// The harmonic mean of precision and recall; nil where the class has neither examples nor predictions.
  public func f1(_ label: Int) -> Double? {
    Self.share(2 * self[label, label], of: support(label) + predictions(label))
  }

  /// The mean of a figure over the classes that have it, each of the same weight; nil where none has.
  public func macroAverage(_ figure: (Int) -> Double?) -> Double? {
    let values = (0..<classes).compactMap(figure)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// A pair of classes of which one is taken for the other.
  public struct Confusion: Sendable, Equatable {
    public let label: Int
    public let predicted: Int
    public let count: Int
  }

  /// The pairs that are confused most often, most often first; of equal ones, in the matrix's order.
  public func mostConfused(_ limit: Int) -> [Confusion] {
    let mistakes = cells.keys.sorted().compactMap { place -> Confusion? in
      let (label, predicted) = place.quotientAndRemainder(dividingBy: classes)
      return label == predicted ? nil : Confusion(label: label, predicted: predicted, count: cells[place]!)
    }
    return Array(mistakes.sorted { $0.count > $1.count }.prefix(limit))
  }

  private static func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
}
