public import DenseNets

/// Labelled images in files, decoded when they are asked for.
public struct LabeledImageFiles: LabeledImages {
  public let name: String
  public let classNames: [String]
  public let labels: [Int32]
  public let labelMatrix: LabelMatrix?
  /// Files may be in colour; what is grey becomes RGB.
  public let channels = 3
  public let paths: [String]
  /// What the table that lists each image calls it; its path, where there is no table.
  package let names: [String]
  /// The folder that paths in ``fingerprint`` are relative to, so that a dataset may move.
  let root: String

  /// - Precondition: there is a label for each path, and each label names a class.
  init(name: String, classNames: [String], root: String, paths: [String], named names: [String]? = nil, labels: [Int32])
  {
    precondition(paths.count == labels.count, "\(paths.count) images need as many labels, found \(labels.count)")
    precondition(
      labels.allSatisfy { classNames.indices.contains(Int($0)) }, "labels must be in 0..<\(classNames.count)")
    (self.name, self.classNames, self.root, self.labels) = (name, classNames, root, labels)
    (self.paths, self.names) = (paths, names ?? paths)
    labelMatrix = nil
  }

  /// Images with several labels each.
  /// - Precondition: there is a row for each path, and a name for each label.
  init(
    name: String, labelNames: [String], root: String, paths: [String], named names: [String]? = nil, matrix: LabelMatrix
  ) {
    precondition(paths.count == matrix.count, "\(paths.count) images need as many rows, found \(matrix.count)")
    precondition(labelNames.count == matrix.labels, "expected a name for each of \(matrix.labels) labels")
    (self.name, classNames, self.root, self.paths, self.names) = (name, labelNames, root, paths, names ?? paths)
    labels = [Int32](repeating: 0, count: paths.count)
    labelMatrix = matrix
  }

  public var files: [String]? { names.map(PathText.readable) }

  public func image(at index: Int) throws(Failure) -> DecodedImage {
    do {
      return try DecodedImage(contentsOf: paths[index])
    } catch {
      throw error as? Failure ?? Failure(.internalError, "\(paths[index]): \(error)")
    }
  }

  public func selecting(_ indices: [Int]) -> LabeledImageFiles {
    let (paths, names) = (indices.map { self.paths[$0] }, indices.map { self.names[$0] })
    if let labelMatrix {
      return LabeledImageFiles(
        name: name, labelNames: classNames, root: root, paths: paths, named: names,
        matrix: labelMatrix.selecting(indices))
    }
    return LabeledImageFiles(
      name: name, classNames: classNames, root: root, paths: paths, named: names, labels: indices.map { labels[$0] })
  }

  /// Of each class as large a part as of all, at least one where there may be; which ones, the seed decides.
  public func limited(to n: Int, seed: UInt64) -> LabeledImageFiles {
    precondition(n >= 0, "a number of images must not be negative, found \(n)")
    guard n < count else { return self }
    // Of several labels, an image counts for the rarest that it has.
    let (labels, classes) = labelMatrix.map { ($0.rarest, $0.labels + 1) } ?? (labels, numClasses)
    return selecting(StratifiedChoice(labels: labels, classes: classes, seed: seed).indices(n))
  }

  /// Of classes, labels, paths within the dataset, and sizes of files.
  public var fingerprint: String {
    var hash = ContentHash()
    for name in classNames { hash.combine(name) }
    for (path, label) in zip(paths, labels) {
      hash.combine(path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path)
      hash.combine(UInt64(label))
      hash.combine(UInt64((try? InputFile(path).size) ?? 0))
    }
    if let labelMatrix { hash.combine(labelMatrix.values.map { UInt8(bitPattern: $0) }) }
    // Runs are resumed by these texts: they stay, word for word.
    if labelMatrix != nil { return "\(name): \(count) image files, \(numClasses) labels, \(hash.hexadecimal)" }
    return "\(name): \(count) picture files, \(numClasses) classes, \(hash.hexadecimal)"
  }
}

extension LabeledImageFiles {
  /// The same images with their labels in another order.
  /// - Parameters:
  ///   - names: the labels of a network.
  ///   - source: the table, for messages.
  ///   - fillsAbsent: whether no image has a label that is not among these, as where one column joins them; else it must
  ///     be there.
  /// - Throws: `Failure(.invalidData)` where a label is one too few or too many.
  package func arranged(_ names: [String], fillsAbsent: Bool, source: String) throws(Failure) -> LabeledImageFiles {
    guard let matrix = labelMatrix, names != classNames else { return self }
    if let other = classNames.first(where: { !names.contains($0) }) {
      throw Failure(
        .invalidData,
        "\(source): expected the model's \(names.count) labels (\(shortList(names))), found \(other); \(fillsAbsent ? "remove it from the table, or choose weights that know it" : "leave it out")",
        settings: fillsAbsent ? [] : ["labelColumns"])
    }
    let columns = names.map { name in classNames.firstIndex(of: name) }
    if !fillsAbsent, let absent = columns.firstIndex(of: nil) {
      throw Failure(
        .invalidData,
        "\(source): expected a column for each of the model's \(names.count) labels, found none for \(names[absent]); name it",
        settings: ["labelColumns"])
    }
    let values = (0..<count).flatMap { image in
      columns.map { column in column.map { matrix.values[image * matrix.labels + $0] } ?? LabelMatrix.absent }
    }
    return LabeledImageFiles(
      name: name, labelNames: names, root: root, paths: paths, named: self.names,
      matrix: LabelMatrix(labels: names.count, values: values))
  }
}
