import DenseNets

// Tables whose images have several labels each.

extension ImageSource {
  /// Training and test images of a table.
  func labelSplits(_ table: ImageTable, _ rule: SplitRule) throws(Failure) -> ImageSplits {
    let names = table.labelNames ?? []
    let (train, test, warnings) = try parted(table, rule)
    let splits = ImageSplits(
      train: files(train, labelNames: names, root: table.folder),
      test: files(test, labelNames: names, root: table.folder),
      origin: "images with \(names.count) label\(names.count == 1 ? "" : "s") from \(path)",
      warnings: warnings + sharedGroups(train, test))
    return try described(splits, table)
  }

  func files(_ images: [LabeledPath], labelNames names: [String], root: String) -> LabeledImageFiles {
    LabeledImageFiles(
      name: name, labelNames: names, root: root, paths: images.map(\.path),
      matrix: LabelMatrix(labels: names.count, values: images.flatMap { $0.values ?? [] }))
  }

  private func parted(
    _ table: ImageTable, _ rule: SplitRule
  ) throws(Failure) -> (train: [LabeledPath], test: [LabeledPath], warnings: [String]) {
    guard let parts = table.parts else {
      let (kept, warnings) = try LabeledPath.withoutDuplicates(table.images)
      let groups = kept.compactMap(\.group)
      let all = files(kept, labelNames: table.labelNames ?? [], root: table.folder)
      let tested = groups.isEmpty ? rule.testIndices(all.labelMatrix!) : try testIndices(groups, rule)
      guard !tested.isEmpty, tested.count < kept.count else {
        throw Failure(.invalidData, "\(path): expected images to train and to test on, found \(kept.count); add some")
      }
      return (
        kept.indices.filter { !tested.contains($0) }.map { kept[$0] }, tested.sorted().map { kept[$0] }, warnings
      )
    }
    func images(_ part: ImageTable.Part) -> [LabeledPath] {
      zip(table.images, parts).filter { $1 == part }.map { $0.0 }
    }
    let held = parts.contains(.validation) ? images(.validation) : images(.test)
    let (train, warnings) = try LabeledPath.withoutDuplicates(images(.train))
    let (test, testWarnings) = try LabeledPath.withoutDuplicates(held)
    guard !train.isEmpty, !test.isEmpty else {
      throw Failure(
        .invalidData,
        "\(path), column \"split\": expected rows of train and of val or test, found \(train.count) and \(test.count); complete it, or remove the column to have the rows split"
      )
    }
    let common = try LabeledPath.common(train, test)
    let overlap = common.first.map {
      "\(path): \(grouped(common.count)) images are used both for training and for testing, such as \($0): results are overestimated"
    }
    return (train, test, warnings + testWarnings + (overlap.map { [$0] } ?? []))
  }

  /// As ``SplitRule/testIndices(groups:)``, with the table named.
  func testIndices(_ groups: [String], _ rule: SplitRule) throws(Failure) -> Set<Int> {
    do { return try rule.testIndices(groups: groups) } catch {
      throw Failure(error.kind, "\(path): \(error)", settings: error.settings)
    }
  }

  /// A warning where a group stands on both sides.
  func sharedGroups(_ train: [LabeledPath], _ test: [LabeledPath]) -> [String] {
    let shared = Set(train.compactMap(\.group)).intersection(test.compactMap(\.group))
    guard let first = shared.min() else { return [] }
    return [
      "\(path): \(grouped(shared.count)) groups have images both for training and for testing, such as \(first): results are overestimated; correct the column split, or remove it"
    ]
  }

  /// With the numbers of images of each label, and warnings where some say nothing.
  private func described(_ splits: ImageSplits, _ table: ImageTable) throws(Failure) -> ImageSplits {
    let (train, test) = (splits.train, splits.test)
    let names = train.classNames
    guard let (matrix, tests) = train.labelMatrix.flatMap({ train in test.labelMatrix.map { (train, $0) } }) else {
      return splits
    }
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
    let (testPositives, testNegatives) = (tests.positives, tests.negatives)
    warn(
      names.indices.filter { testPositives[$0] == 0 || testNegatives[$0] == 0 },
      "the test images are all alike in, so AUROC leaves out")
    let counts = names.indices.prefix(30).map { "\(names[$0]) \(grouped(positives[$0]))" }.joined(separator: ", ")
    var notes = ["training images with each label: \(counts)\(names.count > 30 ? ", …" : "")"]
    if table.uncertain > 0 { notes.append("\(grouped(table.uncertain)) uncertain labels (-1) \(meaning)") }
    if table.unknown > 0 { notes.append("\(grouped(table.unknown)) empty labels are left out of loss and results") }
    return ImageSplits(train: train, test: test, origin: splits.origin, warnings: warnings, notes: notes)
  }

  private var meaning: String {
    guard case .table(_, let columns) = self else { return "" }
    return switch columns.uncertain ?? .ignore {
    case .ignore: "are left out of loss and results"
    case .zero: "count as 0"
    case .one: "count as 1"
    }
  }
}
