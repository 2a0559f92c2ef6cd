package import DenseNets
import Foundation

// Tables whose images have several labels each, or belong to groups.

extension ImageSource {
  func files(_ images: [LabeledPath], labelNames names: [String], root: String) -> LabeledImageFiles {
    LabeledImageFiles(
      name: name, labelNames: names, root: root, paths: images.map(\.path), named: images.map(\.shown),
      matrix: LabelMatrix(labels: names.count, values: images.flatMap { $0.values ?? [] }))
  }

  /// As ``SplitRule``, with the table named.
  func heldOut(
    _ rule: SplitRule, of images: LabeledImageFiles, groups: [String]
  ) throws(Failure) -> (test: Set<Int>, validation: Set<Int>) {
    do { return try rule.heldOut(of: images, groups: groups) } catch {
      throw Failure(error.kind, "\(path): \(error)", settings: error.settings)
    }
  }

  /// With the numbers of images of each label, and warnings where some say nothing; images of one class stay as they are.
  func described(_ splits: ImageSplits, _ parts: ImageParts) throws(Failure) -> ImageSplits {
    guard let labels = parts.labels, let matrix = splits.train.labelMatrix else { return splits }
    let names = labels.names
    let (positives, negatives) = (matrix.positives, matrix.negatives)
    let silent = names.indices.filter { positives[$0] + negatives[$0] == 0 }.map { names[$0] }
    guard silent.isEmpty else {
      throw Failure(
        .invalidData,
        "\(path), column \"\(silent[0])\": expected 0 or 1 for some training image, found none\(silent.count > 1 ? ", as in \(silent.count - 1) more columns" : ""); complete it, or leave it out of the labels",
        settings: ["labelColumns"])
    }
    var warnings = splits.warnings
    func warn(_ labels: [Int], _ text: String) {
      if !labels.isEmpty { warnings.append("\(path): \(text) \(shortList(labels.map { names[$0] }))") }
    }
    warn(names.indices.filter { positives[$0] == 0 }, "no training image is known to have")
    warn(names.indices.filter { negatives[$0] == 0 }, "every training image that says so has")
    let counts = names.indices.prefix(30).map { "\(names[$0]) \(grouped(positives[$0]))" }.joined(separator: ", ")
    var notes = ["training images with each label: \(counts)\(names.count > 30 ? ", …" : "")"]
    if labels.uncertain > 0 { notes.append("\(grouped(labels.uncertain)) uncertain labels (-1) \(meaning)") }
    if labels.unknown > 0 { notes.append("\(grouped(labels.unknown)) empty labels are left out of loss and results") }
    if labels.blank > 0 {
      notes.append(
        "\(grouped(labels.blank)) rows name no label, and count as having none; remove those that are not known")
    }
    var described = ImageSplits(
      train: splits.train, validation: splits.validation, test: splits.test, origin: splits.origin, warnings: warnings,
      notes: notes)
    (described.comesWithTest, described.carved) = (splits.comesWithTest, splits.carved)
    return described
  }

  private var meaning: String {
    guard case .table(_, let columns) = self else { return "" }
    return switch columns.uncertain ?? .ignore {
    case .ignore: "are left out of loss and results"
    case .zero: "count as 0"
    case .one: "count as 1"
    }
  }

  /// A table's columns that are not chosen, as another table's were; a folder stays as it is.
  /// - Parameter columns: those of the table that a network was trained on. One of these counts where the table has it and
  ///   has no column of the usual name.
  /// - Throws: `Failure` as ``CSVTable``.
  package func completed(by columns: TableColumns) throws(Failure) -> ImageSource {
    guard case .table(let path, var own) = self, columns != TableColumns() else { return self }
    let header = try ImageTable.table(URL(fileURLWithPath: path)).header
    func usual(_ other: String?, in place: String) -> String? {
      guard let other, header.contains(other), !header.contains(place) else { return nil }
      return other
    }
    own.path = own.path ?? usual(columns.path, in: own.pathName)
    if !own.hasSeveralLabels, own.label == nil {
      if columns.separator != nil, header.contains(columns.labelName) {
        (own.label, own.separator) = (columns.label, columns.separator)
      } else {
        own.label = usual(columns.label, in: own.labelName)
      }
    }
    if let group = columns.group, own.group == nil, header.contains(group) { own.group = group }
    return .table(path, columns: own)
  }
}
