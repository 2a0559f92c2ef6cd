public import DenseNets
import Foundation

extension ImageSource {
  /// Finds the images to train, to validate and to test on; none of them is read.
  /// - Throws: `Failure` of kind `missingInput` where there is no such folder or file, or no image; `inputOutput` where
  ///   a folder cannot be read; `invalidData` where classes or labels do not agree, or a class has no images.
  public func splits(_ rule: SplitRule = SplitRule()) throws(Failure) -> ImageSplits {
    var parts = try parts(rule)
    let comesWithTest = parts.test != nil
    // Two parts: what is held out is tested on, whatever it is called.
    if rule.hasTwoParts || parts.test == nil && rule.carvedTestShare == 0 { parts.mergeIntoTwo() }
    try parts.removeDuplicates()
    var names = parts.labels?.names ?? []
    if parts.labels == nil { names = try classNames(of: parts.train) }
    func made(_ images: [LabeledPath]) throws(Failure) -> LabeledImageFiles {
      parts.labels == nil
        ? try files(images, classNames: names, root: parts.root)
        : files(images, labelNames: names, root: parts.root)
    }
    let train = try made(parts.train)
    guard parts.isSplit else { return try described(try split(train, parts, rule), parts) }
    var validation: LabeledImageFiles?
    if let images = parts.validation { validation = try made(images) }
    var test: LabeledImageFiles?
    if let images = parts.test { test = try made(images) }
    var warnings = parts.warnings + (try parts.overlaps(path)) + parts.sharedGroups(path)
    let (taken, kept) = try carve(train, parts.groups, validation == nil, test == nil, rule)
    var carved: SplitRule?
    if let taken {
      carved = SplitRule(testShare: 0, seed: rule.seed)
      (carved!.carvedValidationShare, carved!.carvedTestShare) = (rule.carvedValidationShare, rule.carvedTestShare)
      if validation == nil { validation = taken } else { test = taken }
    } else if !rule.hasTwoParts,
      let share = [rule.carvedValidationShare, rule.carvedTestShare].first(where: { $0 > 0 })
    {
      warnings.append("\(path): the images have parts of their own: the share of \(share) is not used")
    }
    if test == nil { (test, validation) = (validation, nil) }
    let tested = test ?? train.selecting([])
    var splits = ImageSplits(
      train: kept, validation: validation, test: tested, origin: origin(names.count, parts),
      warnings: warnings + ImageSplits.gaps(path, train: kept, test: tested, validation: validation))
    (splits.comesWithTest, splits.carved) = (comesWithTest, carved)
    return try described(splits, parts)
  }

  /// Of the training images of a source that has one other part, those of the part that it has not, where a share asks
  /// for them; and the training images that are left.
  private func carve(
    _ train: LabeledImageFiles, _ groups: [String], _ lacksValidation: Bool, _ lacksTest: Bool, _ rule: SplitRule
  ) throws(Failure) -> (LabeledImageFiles?, LabeledImageFiles) {
    let share = lacksValidation ? rule.carvedValidationShare : lacksTest ? rule.carvedTestShare : 0
    guard share > 0, !rule.hasTwoParts else { return (nil, train) }
    let held = try heldOut(SplitRule(testShare: share, seed: rule.seed), of: train, groups: groups).test
    guard !held.isEmpty else { return (nil, train) }
    return (train.selecting(held.sorted()), train.selecting(train.labels.indices.filter { !held.contains($0) }))
  }

  /// Whether the images come in parts.
  /// - Throws: as ``splits(_:)``.
  package func isSplit() throws(Failure) -> Bool {
    switch self {
    case .folder(let path):
      if case .parts = try FolderLayout(of: path) { true } else { false }
    case .table(let path, let columns): try ImageTable(path, columns).parts != nil
    }
  }

  /// The test images, else those for validation, or all images where the source has no split; the classes are those of these images, sorted.
  /// - Throws: as ``splits(_:)``.
  public func testImages() throws(Failure) -> LabeledImageFiles {
    let table = try imageTable()
    var images = table.images
    if let parts = table.parts {
      let part: ImageTable.Part = parts.contains(.test) ? .test : .validation
      images = zip(table.images, parts).filter { $1 == part }.map { $0.0 }
      guard !images.isEmpty else {
        throw Failure(.invalidData, "\(path), column \"split\": expected rows of val or test, found none; add some")
      }
    }
    let (kept, _) = try LabeledPath.withoutDuplicates(images)
    if let labels = table.labels?.names { return files(kept, labelNames: labels, root: table.folder) }
    let names = Set(kept.map(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return try files(kept, classNames: names, root: table.folder)
  }

  private func parts(_ rule: SplitRule) throws(Failure) -> ImageParts {
    switch self {
    case .folder(let path): try folderParts(path, rule)
    case .table: try tableParts(try imageTable(), rule)
    }
  }

  private func folderParts(_ path: String, _ rule: SplitRule) throws(Failure) -> ImageParts {
    guard ImageFiles.isFolder(path) else {
      throw missingFolder(path)
    }
    switch try FolderLayout(of: path) {
    case .classes(let root, let notes):
      var parts = ImageParts(root: root, train: [], warnings: notes)
      parts.train = try parts.images(inClassesOf: root, requireSound)
      return parts
    case .parts(let folders): return try parts(folders, rule)
    }
  }

  private func parts(_ folders: FolderParts, _ rule: SplitRule) throws(Failure) -> ImageParts {
    guard let training = folders.training else {
      throw Failure(
        .missingInput,
        "\(folders.path): expected a folder train beside those for testing, found none; add one, or rename the folders if they are classes"
      )
    }
    guard try !FolderLayout.subfolders(of: training).isEmpty else {
      throw Failure(
        .missingInput,
        "\(training): expected a folder of images for each class, found no folder; sort the images into such folders")
    }
    let takesAll = rule.testShare == 0 && rule.validationShare == 0
    guard takesAll || folders.validation != nil || folders.test != nil else {
      let notes = folders.notes.isEmpty ? "" : " (\(folders.notes.joined(separator: ", ")))"
      throw Failure(
        .missingInput,
        "\(folders.path): expected a folder val or test beside train, found none\(notes); add one, or name folder:\(training) to have it split"
      )
    }
    var parts = ImageParts(root: path, train: [], warnings: folders.notes, places: folders.places(in: path))
    parts.train = try parts.images(inClassesOf: training, requireSound)
    if let validation = folders.validation { parts.validation = try parts.heldOutImages(in: validation) }
    if let test = folders.test, folders.validation == nil || !rule.hasTwoParts {
      parts.test = try parts.heldOutImages(in: test)
    }
    return parts
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

  /// The table of this source; a folder's is one that is not there.
  func imageTable() throws(Failure) -> ImageTable {
    if case .table(let path, let columns) = self { return try ImageTable(path, columns) }
    return try ImageTable(path)
  }

  private func tableParts(_ table: ImageTable, _ rule: SplitRule) throws(Failure) -> ImageParts {
    let labels = table.labels.map {
      ImageParts.Labels(names: $0.names, uncertain: $0.uncertain, unknown: $0.unknown, blank: $0.blank)
    }
    guard let parts = table.parts else {
      return ImageParts(root: table.folder, train: table.images, warnings: table.warnings, labels: labels)
    }
    func images(_ part: ImageTable.Part) -> [LabeledPath] {
      zip(table.images, parts).filter { $1 == part }.map { $0.0 }
    }
    let (train, validation, test) = (images(.train), images(.validation), images(.test))
    let takesAll = rule.testShare == 0 && rule.validationShare == 0
    guard !train.isEmpty, takesAll || !validation.isEmpty || !test.isEmpty else {
      throw Failure(
        .invalidData,
        "\(path), column \"split\": expected rows of train and of val or test, found \(train.count) and \(validation.count + test.count); complete it, or remove the column to have the rows split"
      )
    }
    return ImageParts(
      root: table.folder, train: train, validation: validation.isEmpty ? nil : validation,
      test: test.isEmpty ? nil : test, warnings: table.warnings, labels: labels)
  }

  /// Splits images that come in one part.
  private func split(
    _ all: LabeledImageFiles, _ parts: ImageParts, _ rule: SplitRule
  ) throws(Failure) -> ImageSplits {
    let (tested, validated) = try heldOut(rule, of: all, groups: parts.groups)
    guard !tested.isEmpty || rule.testShare == 0 else {
      throw Failure(
        .invalidData, "\(path): expected a class with two images or more, to test on one, found one image per class")
    }
    guard !validated.isEmpty || rule.validationShare == 0 else {
      throw Failure(
        .invalidData,
        "\(path): expected a class with three images or more, for three parts, found at most two per class; add images, or leave out one share",
        settings: ["validationShare", "testShare"])
    }
    let train = all.labels.indices.filter { !tested.contains($0) && !validated.contains($0) }
    let test = all.selecting(tested.sorted())
    let validation = rule.validationShare > 0 ? all.selecting(validated.sorted()) : nil
    let learnt = all.selecting(train)
    return ImageSplits(
      train: learnt, validation: validation, test: test, origin: origin(all.numClasses, parts),
      warnings: parts.warnings + ImageSplits.gaps(path, train: learnt, test: test, validation: validation))
  }

  private func origin(_ classes: Int, _ parts: ImageParts) -> String {
    if parts.labels != nil {
      return "images with \(classes) label\(classes == 1 ? "" : "s") from \(printable(path))"
    }
    return "images of \(classes) classes from \(printable(path))"
      + (parts.places.map { " (\(printable($0)))" } ?? "")
  }

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
      name: name, classNames: classNames, root: root, paths: images.map(\.path), named: images.map(\.shown),
      labels: found)
  }
}

/// The first of some names.
func shortList(_ names: [String]) -> String {
  names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
}
