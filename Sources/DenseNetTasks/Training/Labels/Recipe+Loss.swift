import DenseNetData
import DenseNets

extension Recipe {
  /// - Parameter columns: which tell whether images have several labels each.
  /// - Throws: `Failure(.usage)` for settings that are for the other kind, or for another number of labels.
  func validate(for columns: TableColumns) throws(Failure) {
    let severalLabels = columns.hasSeveralLabels
    if severalLabels, classWeights != .none {
      throw Failure(
        .usage, "class weights: apply to images with one class, found several labels; weight the positives instead",
        settings: ["classWeights", "positiveWeights"])
    }
    if !severalLabels, posWeight != nil || threshold != nil {
      throw Failure(
        .usage,
        "positive weights and thresholds: expected images with several labels, found one class per image; leave them out, or name the columns of labels",
        settings: ["positiveWeights", "threshold", "labelColumns"])
    }
    if let names = columns.labels { try requirePositiveWeights(for: names) }
  }

  /// The loss for images of one class or of several labels.
  /// - Throws: `Failure(.usage)` for a number of weights that is not that of the labels.
  func makeLoss(for train: any LabeledImages) throws(Failure) -> any ClassifierLoss {
    guard let matrix = train.labelMatrix else {
      return makeLoss(classCounts: train.classCounts)
    }
    return BinaryCrossEntropyLoss(
      labelSmoothing: labelSmoothing, positiveWeights: try positiveWeights(for: matrix, names: train.classNames))
  }

  /// One per label; nil: all 1.
  func positiveWeights(for matrix: LabelMatrix, names: [String]) throws(Failure) -> [Double]? {
    switch posWeight {
    case nil: return nil
    case .balanced?:
      // A label that no training image has would weigh infinitely much, for nothing.
      return zip(matrix.negatives, matrix.positives).map { $1 == 0 ? 1 : Double($0) / Double($1) }
    case .values(let values)?:
      try requirePositiveWeights(for: names)
      return values.count == 1 ? [Double](repeating: values[0], count: matrix.labels) : values
    }
  }

  /// One for each label, or one for all.
  private func requirePositiveWeights(for names: [String]) throws(Failure) {
    guard case .values(let values)? = posWeight, values.count != 1, values.count != names.count else { return }
    let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    throw Failure(
      .usage, "positive weights: expected \(names.count), one for each of \(shown), found \(values.count)",
      settings: ["positiveWeights"])
  }
}
