public import DenseNets

/// Labelled images in files, decoded when they are asked for.
public struct LabeledImageFiles: LabeledImages {
  public let name: String
  public let classNames: [String]
  public let labels: [Int32]
  /// Files may be in colour; what is grey becomes RGB.
  public let channels = 3
  public let paths: [String]
  /// The folder that paths in ``fingerprint`` are relative to, so that a dataset may move.
  let root: String

  /// - Precondition: there is a label for each path, and each label names a class.
  init(name: String, classNames: [String], root: String, paths: [String], labels: [Int32]) {
    precondition(paths.count == labels.count, "\(paths.count) images need as many labels, found \(labels.count)")
    precondition(
      labels.allSatisfy { classNames.indices.contains(Int($0)) }, "labels must be in 0..<\(classNames.count)")
    (self.name, self.classNames, self.root, self.paths, self.labels) = (name, classNames, root, paths, labels)
  }

  public var files: [String]? { paths.map(PathText.readable) }

  public func image(at index: Int) throws(Failure) -> DecodedImage {
    do {
      return try DecodedImage(contentsOf: paths[index])
    } catch {
      throw error as? Failure ?? Failure(.internalError, "\(paths[index]): \(error)")
    }
  }

  public func selecting(_ indices: [Int]) -> LabeledImageFiles {
    LabeledImageFiles(
      name: name, classNames: classNames, root: root, paths: indices.map { paths[$0] },
      labels: indices.map { labels[$0] })
  }

  /// Of each class as large a part as of all, at least one where there may be; which ones, the seed decides.
  public func limited(to n: Int, seed: UInt64) -> LabeledImageFiles {
    precondition(n >= 0, "a number of images must not be negative, found \(n)")
    guard n < count else { return self }
    return selecting(StratifiedChoice(labels: labels, classes: numClasses, seed: seed).indices(n))
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
    // Runs are resumed by this text: it stays, word for word.
    return "\(name): \(count) picture files, \(numClasses) classes, \(hash.hexadecimal)"
  }
}
