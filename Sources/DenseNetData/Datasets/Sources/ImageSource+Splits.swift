public import DenseNets
import Foundation

extension ImageSource {
  /// Finds the images to train and to test on; none of them is read.
  /// - Throws: `Failure` of kind `missingInput` where there is no such folder or file, or no image; `inputOutput` where
  ///   a folder cannot be read; `invalidData` where classes or labels do not agree, or a class has no images.
  public func splits(_ rule: SplitRule = SplitRule()) throws(Failure) -> ImageSplits {
    switch self {
    case .folder(let path): try folderSplits(path, rule)
    case .table(let path): try tableSplits(path, rule)
    }
  }

  /// The test images, or all images where the source has no split; the classes are those of these images, sorted.
  /// - Throws: as ``splits(_:)``.
  public func testImages() throws(Failure) -> LabeledImageFiles {
    let table = try ImageTable(path)
    var images = table.images
    if let parts = table.parts {
      let part: ImageTable.Part = parts.contains(.validation) ? .validation : .test
      images = zip(table.images, parts).filter { $1 == part }.map { $0.0 }
      guard !images.isEmpty else {
        throw Failure(.invalidData, "\(path), column \"split\": expected rows of val or test, found none; add some")
      }
    }
    let (kept, _) = try LabeledPath.withoutDuplicates(images)
    let names = Set(kept.map(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return try files(kept, classNames: names, root: table.folder)
  }

  private func folderSplits(_ path: String, _ rule: SplitRule) throws(Failure) -> ImageSplits {
    guard ImageFiles.isFolder(path) else {
      throw Failure(.missingInput, "\(path): no such folder of images; check the path")
    }
    switch try FolderLayout(of: path) {
    case .classes(let root, let notes):
      let images = try ImageFolder(root: root)
      try requireSound(images)
      return try splits(images.labeled, root: root, rule).noting(notes + images.notes)
    case .parts(let parts): return try splits(parts)
    }
  }

  private func splits(_ parts: FolderParts) throws(Failure) -> ImageSplits {
    guard let training = parts.training else {
      throw Failure(
        .missingInput,
        "\(parts.path): expected a folder train beside those for testing, found none; add one, or rename the folders if they are classes"
      )
    }
    guard try !FolderLayout.subfolders(of: training).isEmpty else {
      throw Failure(
        .missingInput,
        "\(training): expected a folder of images for each class, found no folder; sort the images into such folders")
    }
    guard let other = parts.validation ?? parts.test else {
      let notes = parts.notes.isEmpty ? "" : " (\(parts.notes.joined(separator: ", ")))"
      throw Failure(
        .missingInput,
        "\(parts.path): expected a folder val or test beside train, found none\(notes); add one, or name folder:\(training) to have it split"
      )
    }
    let (train, test) = (try ImageFolder(root: training), try ImageFolder(root: other))
    try requireSound(train)
    if let problem = test.skipped.first(where: { $0.failure.kind == .inputOutput }) { throw problem.failure }
    var found = try splits(train: train.labeled, test: test.labeled, root: path)
    if let places = parts.description(test: other) { found.origin += " (\(printable(places)))" }
    return found.noting(parts.notes + train.notes + test.notes)
  }

  /// Requires class folders to be readable, to hold images, and to be there once each.
  private func requireSound(_ images: ImageFolder) throws(Failure) {
    if let problem = images.skipped.first {
      if problem.failure.kind == .inputOutput { throw problem.failure }
      throw Failure(
        .invalidData,
        "\(problem.file): expected \(ImageFormat.list) images of this class, found none\(images.leftOut.description.map { " (\($0))" } ?? ""); add some or remove the folder"
      )
    }
    var known: [[UInt64]: String] = [:]
    for name in try FolderLayout.subfolders(of: images.path) {
      let folder = joined(images.path, name)
      if let other = known.updateValue(folder, forKey: fileIdentity(folder)) {
        throw Failure(.invalidData, "\(folder): is the same folder as \(other), by a link; remove one of them")
      }
    }
  }

  private func tableSplits(_ path: String, _ rule: SplitRule) throws(Failure) -> ImageSplits {
    let table = try ImageTable(path)
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
    let tested = rule.testIndices(labels: all.labels, classes: all.numClasses)
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
    var warnings = trainWarnings + testWarnings
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

  private func origin(_ classes: Int) -> String { "images of \(classes) classes from \(printable(path))" }

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

extension ImageFolder {
  fileprivate var labeled: [LabeledPath] {
    examples.map { LabeledPath(path: $0.path, label: classNames[$0.label]) }
  }
}

/// The first of some names.
func shortList(_ names: [String]) -> String {
  names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
}
