public import DenseNets
import Foundation

extension ImageSource {
  /// Finds the images to train and to test on; none of them is read.
  /// - Throws: `Failure` of kind `missingInput` where there is no such folder or file, or no image; `inputOutput` where
  ///   a folder cannot be read; `invalidData` where classes or labels do not agree, or a class has no images.
  public func splits(_ rule: SplitRule = SplitRule()) throws(Failure) -> ImageSplits {
    switch self {
    case .folder(let path): try folderSplits(path, rule)
    case .table(let path, let columns): try tableSplits(path, columns, rule)
    }
  }

  /// The test images, or all images where the source has no split; the classes are those of these images, sorted.
  /// - Throws: as ``splits(_:)``.
  public func testImages() throws(Failure) -> LabeledImageFiles {
    let table = try imageTable()
    var images = table.images
    if let parts = table.parts {
      let part: ImageTable.Part = parts.contains(.validation) ? .validation : .test
      images = zip(table.images, parts).filter { $1 == part }.map { $0.0 }
      guard !images.isEmpty else {
        throw Failure(.invalidData, "\(path), column \"split\": expected rows of val or test, found none; add some")
      }
    }
    let (kept, _) = try LabeledPath.withoutDuplicates(images)
    if let labels = table.labelNames { return files(kept, labelNames: labels, root: table.folder) }
    let names = Set(kept.map(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return try files(kept, classNames: names, root: table.folder)
  }

  private func folderSplits(_ path: String, _ rule: SplitRule) throws(Failure) -> ImageSplits {
    guard ImageFiles.isFolder(path) else {
      throw Failure(.missingInput, "\(path): no such folder of images; check the path")
    }
    let training = joined(path, "train")
    guard ImageFiles.isFolder(training) else {
      let images = try ImageFolder(root: path)
      try requireSound(images)
      let found = images.examples.map { LabeledPath(path: $0.path, label: images.classNames[$0.label]) }
      return try splits(found, root: path, rule)
    }
    guard let other = ["val", "test"].map({ joined(path, $0) }).first(where: ImageFiles.isFolder) else {
      throw Failure(
        .missingInput,
        "\(path): expected a folder val or test beside train, found none; add one, or name folder:\(training) to have it split"
      )
    }
    let (train, test) = (try ImageFolder(root: training), try ImageFolder(root: other))
    try requireSound(train)
    if let problem = test.skipped.first(where: { $0.failure.kind == .inputOutput }) { throw problem.failure }
    return try splits(
      train: train.examples.map { LabeledPath(path: $0.path, label: train.classNames[$0.label]) },
      test: test.examples.map { LabeledPath(path: $0.path, label: test.classNames[$0.label]) }, root: path)
  }

  /// Requires class folders to be readable, to hold images, and to be there once each.
  private func requireSound(_ images: ImageFolder) throws(Failure) {
    if let problem = images.skipped.first {
      if problem.failure.kind == .inputOutput { throw problem.failure }
      throw Failure(
        .invalidData,
        "\(problem.file): expected .jpg, .jpeg or .png files of this class, found none; add some or remove the folder")
    }
    var known: [[UInt64]: String] = [:]
    for name in images.classNames {
      let folder = joined(images.path, name)
      if let other = known.updateValue(folder, forKey: fileIdentity(folder)) {
        throw Failure(.invalidData, "\(folder): is the same folder as \(other), by a link; remove one of them")
      }
    }
  }

  /// The table of this source; a folder's is one that is not there.
  func imageTable() throws(Failure) -> ImageTable {
    if case .table(let path, let columns) = self { return try ImageTable(path, columns) }
    return try ImageTable(path)
  }

  private func tableSplits(
    _ path: String, _ columns: TableColumns, _ rule: SplitRule
  ) throws(Failure) -> ImageSplits {
    let table = try ImageTable(path, columns)
    if table.labelNames != nil { return try labelSplits(table, rule) }
    guard let parts = table.parts else { return try splits(table.images, root: table.folder, rule) }
    func images(_ part: ImageTable.Part) -> [LabeledPath] {
      zip(table.images, parts).filter { $1 == part }.map { $0.0 }
    }
    let (train, validation, test) = (images(.train), images(.validation), images(.test))
    guard !train.isEmpty, !validation.isEmpty || !test.isEmpty else {
      throw Failure(
        .invalidData,
        "\(path), column \"split\": expected rows of train and of val or test, found \(train.count) and \(validation.count + test.count); complete it, or remove the column to have the rows split"
      )
    }
    return try splits(train: train, test: validation.isEmpty ? test : validation, root: table.folder)
  }

  private func splits(_ images: [LabeledPath], root: String, _ rule: SplitRule) throws(Failure) -> ImageSplits {
    let (kept, warnings) = try LabeledPath.withoutDuplicates(images)
    let all = try files(kept, classNames: classNames(of: kept), root: root)
    let groups = kept.compactMap(\.group)
    let tested =
      groups.isEmpty ? rule.testIndices(labels: all.labels, classes: all.numClasses) : try testIndices(groups, rule)
    let (train, test) = (kept.indices.filter { !tested.contains($0) }, tested.sorted())
    guard !test.isEmpty else {
      throw Failure(
        .invalidData, "\(path): expected a class with two images or more, to test on one, found one image per class")
    }
    return ImageSplits(
      train: all.selecting(train), test: all.selecting(test), origin: origin(all.numClasses), warnings: warnings)
  }

  private func splits(train: [LabeledPath], test: [LabeledPath], root: String) throws(Failure) -> ImageSplits {
    let (trained, trainWarnings) = try LabeledPath.withoutDuplicates(train)
    let (tested, testWarnings) = try LabeledPath.withoutDuplicates(test)
    let names = try classNames(of: trained)
    let testSet = try files(tested, classNames: names, root: root)
    var warnings = trainWarnings + testWarnings + sharedGroups(trained, tested)
    let untested = names.indices.filter { testSet.classCounts[$0] == 0 }.map { names[$0] }
    if !untested.isEmpty {
      warnings.append("\(path): no test images of \(shortList(untested)): accuracy says nothing about them")
    }
    let common = try LabeledPath.common(trained, tested)
    if let first = common.first {
      warnings.append(
        "\(path): \(grouped(common.count)) images are used both for training and for testing, such as \(first): accuracy is overestimated"
      )
    }
    return ImageSplits(
      train: try files(trained, classNames: names, root: root), test: testSet, origin: origin(names.count),
      warnings: warnings)
  }

  private func origin(_ classes: Int) -> String { "images of \(classes) classes from \(path)" }

  /// The classes, sorted as Python sorts them.
  private func classNames(of images: [LabeledPath]) throws(Failure) -> [String] {
    let names = Set(images.map(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard names.count > 1 else {
      throw Failure(
        .invalidData,
        "\(path): expected images of two classes or more, found \(names.isEmpty ? "none" : "one, \(names[0])"); add images of other classes"
      )
    }
    // Equal to Swift, and two to the file system.
    let spellings = Dictionary(images.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    for image in images where !image.label.utf8.elementsEqual(spellings[image.label]!.label.utf8) {
      throw Failure(
        .invalidData,
        "\(image.path): its class \(image.label) is spelled with different characters than in \(spellings[image.label]!.path), though it looks the same; rename one"
      )
    }
    var known: [String: String] = [:]
    for name in names {
      if let other = known.updateValue(name, forKey: name.lowercased()) {
        throw Failure(
          .invalidData, "\(path): the classes \(other) and \(name) differ only in capitals; merge them or rename one")
      }
    }
    return names
  }

  private func files(
    _ images: [LabeledPath], classNames: [String], root: String
  ) throws(Failure) -> LabeledImageFiles {
    let labels = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, Int32($0)) })
    var found: [Int32] = []
    for image in images {
      guard let label = labels[image.label] else {
        throw Failure(
          .invalidData,
          "\(image.path): expected one of the training images' \(classNames.count) classes (\(shortList(classNames))), found \(image.label); add training images of it, or remove these"
        )
      }
      found.append(label)
    }
    return LabeledImageFiles(
      name: name, classNames: classNames, root: root, paths: images.map(\.path), labels: found)
  }
}

/// The first of some names.
func shortList(_ names: [String]) -> String {
  names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
}
