import DenseNets

/// How a folder of images is laid out: by its parts, as `Train` and `Test`, or by its classes alone.
enum FolderLayout {
  case parts(FolderParts)
  /// The folder of the class folders, and what was decided.
  case classes(root: String, notes: [String])

  /// Folders inside folders that hold nothing else, as archives have them, are looked into as far as this.
  private static let depthLimit = 6

  /// - Throws: `Failure` of kind `inputOutput` where a folder cannot be read, `invalidData` where its folders can mean
  ///   several things.
  init(of path: String) throws(Failure) {
    self = try Self.layout(of: path, depth: 0)
    if case .classes(let root, _) = self { try Self.requireNoUnknownParts(in: root) }
  }

  private static func layout(of path: String, depth: Int) throws(Failure) -> FolderLayout {
    let folders = try subfolders(of: path)
    let named = folders.compactMap { name in SplitName(name).map { (name: name, split: $0) } }
    guard !named.isEmpty else {
      return try nested(in: path, folders, depth) ?? .classes(root: path, notes: mixedParts(in: path, folders))
    }
    let others = folders.filter { name in
      !named.contains { $0.name == name } && ImageFiles.holdImages(joined(path, name))
    }
    let rests = Set(named.map(\.split.rest)).subtracting([""])
    if rests.count > 1 {
      try requireOtherThanPartAndClass(named.map(\.split), path)
      return .classes(root: path, notes: [])
    }
    if others.isEmpty, named.count > 1, Set(named.map(\.split.part)).count == 1, named[0].split.part != .training {
      return .classes(
        root: path, notes: [asClasses(named.map(\.name), path, since: "nothing for training lies beside")])
    }
    if !others.isEmpty {
      let sorted = named.filter { holdsClasses(joined(path, $0.name)) }
      let parts = Set(sorted.map(\.split.part))
      if parts.count == 1, try subfolders(of: joined(path, sorted[0].name)).count > 1 {
        throw Failure(
          .invalidData,
          "\(path): \(sorted[0].name) holds folders as a part of a dataset does, but \(shortList(others)) lie beside it; move the parts to a folder of their own, or rename \(sorted[0].name) if it is a class"
        )
      }
      if parts.count < 2 {
        let beside = "\(shortList(others)) lie\(others.count == 1 ? "s" : "") beside"
        return .classes(root: path, notes: [asClasses(named.map(\.name), path, since: beside)])
      }
    }
    let unused = folders.filter { name in !named.contains { $0.name == name } }
    var parts = try FolderParts(path, named, unused: others.isEmpty ? unused : others)
    parts.notes += try strayFiles(in: path)
    return .parts(parts)
  }

  private static func asClasses(_ names: [String], _ path: String, since reason: String) -> String {
    "\(path): \(shortList(names)) \(names.count == 1 ? "is a class" : "are classes") here, no part of the data, since \(reason)"
  }

  /// The layout of the one folder that holds all images.
  private static func nested(in path: String, _ folders: [String], _ depth: Int) throws(Failure) -> FolderLayout? {
    guard depth < depthLimit, folders.count <= 16 else { return nil }
    let holding = folders.filter { ImageFiles.holdImages(joined(path, $0)) }
    guard holding.count == 1, holdsClasses(joined(path, holding[0])) else { return nil }
    let inner = try layout(of: joined(path, holding[0]), depth: depth + 1)
    let ignored = folders.filter { $0 != holding[0] }
    let stray = try strayFiles(in: path)
    switch inner {
    case .parts(var parts):
      parts.notes += stray
      if !ignored.isEmpty { parts.notes.append("\(path): \(shortList(ignored)): left out, no images there") }
      return .parts(parts)
    case .classes(let root, let notes):
      guard ignored.isEmpty else { return nil }
      return .classes(root: root, notes: notes + ["\(path): the classes are the folders of \(root)"] + stray)
    }
  }

  /// What lies beside parts, and is no folder of images.
  private static func strayFiles(in path: String) throws(Failure) -> [String] {
    let listing = try FolderListing(path)
    let folders = listing.names.filter { folderExists(joined(path, $0)) }
    return LeftOutFiles(beside: folders, listing, path).description.map { ["\(path): \($0)"] } ?? []
  }

  /// Says so where each class has parts of its own.
  private static func mixedParts(in path: String, _ folders: [String]) -> [String] {
    for folder in folders.prefix(4) {
      let inner = (try? subfolders(of: joined(path, folder))) ?? []
      let named = inner.filter { SplitName($0) != nil }
      if Set(named.compactMap { SplitName($0)?.part }).count > 1 {
        return [
          "\(joined(path, folder)): its folders \(shortList(named)) are taken together, as images of one class; for parts, put train/\(folder) and test/\(folder) beside each other"
        ]
      }
    }
    return []
  }

  /// `train_cat`, `train_dog`, `test_cat` and `test_dog` would be four classes.
  private static func requireOtherThanPartAndClass(_ names: [SplitName], _ path: String) throws(Failure) {
    let parts = Dictionary(grouping: names, by: \.rest).mapValues { Set($0.map(\.part)) }
    guard let mixed = parts.filter({ $0.value.count > 1 }).keys.sorted().first else { return }
    throw Failure(
      .invalidData,
      "\(path): expected folders of classes or of parts, found names that say both, such as those with \(mixed); sort them into train/CLASS and test/CLASS"
    )
  }

  /// Parts under names that nobody foresaw: few folders that hold the same class folders each, and nothing else.
  private static func requireNoUnknownParts(in path: String) throws(Failure) {
    let folders = try subfolders(of: path).filter { ImageFiles.holdImages(joined(path, $0)) }
    guard (2...4).contains(folders.count) else { return }
    var names: [Set<String>] = []
    for folder in folders {
      let inner = try FolderListing(joined(path, folder)).names.map {
        (name: $0, path: joined(path, folder) + "/" + $0)
      }
      let classes = inner.filter { folderExists($0.path) && ImageFiles.holdImages($0.path) }
      let hasImages = inner.contains { !folderExists($0.path) && ImageFiles.isImage($0.path) }
      guard classes.count > 1, !hasImages, classes.allSatisfy({ SplitName($0.name) == nil }) else { return }
      names.append(Set(classes.map(\.name)))
    }
    let all = names.reduce(into: Set<String>()) { $0.formUnion($1) }
    let common = names.reduce(all) { $0.intersection($1) }
    guard common.count > 1, 2 * common.count > all.count else { return }
    throw Failure(
      .invalidData,
      "\(path): expected folders of classes, or of parts (train, val, test), found \(shortList(folders)), which hold the folders \(shortList(common.sorted())) each; rename them if they are parts, or put the images of each class into its folder itself"
    )
  }

  var isOfClasses: Bool { if case .classes = self { true } else { false } }

  /// The folder for testing, else for validation, among others whose names could be classes as well; nil where there is
  /// none that is no class of the network.
  static func heldOutFolder(of path: String, besides classNames: [String]) throws(Failure) -> String? {
    let names = try subfolders(of: path).filter { name in
      !classNames.contains(PathText.readable(name)) && holdsClasses(joined(path, name))
    }
    for parts in [[SplitName.Part.test, .evaluation], [.validation]] {
      let found = names.filter { name in SplitName(name).map { $0.rest.isEmpty && parts.contains($0.part) } ?? false }
      if found.count == 1 { return joined(path, found[0]) }
    }
    return nil
  }

  /// Names of the folders in a folder, but for those that systems leave behind.
  static func subfolders(of path: String) throws(Failure) -> [String] {
    try FolderListing(path).names.filter { folderExists(joined(path, $0)) }
  }

  /// Whether there are folders with images in a folder.
  static func holdsClasses(_ path: String) -> Bool {
    ((try? subfolders(of: path)) ?? []).contains { ImageFiles.holdImages(joined(path, $0)) }
  }
}

/// The parts of a folder of images, each a folder of class folders.
struct FolderParts {
  let path: String
  private(set) var training: String?
  private(set) var validation: String?
  private(set) var test: String?
  /// What was left out.
  var notes: [String] = []

  fileprivate init(
    _ path: String, _ named: [(name: String, split: SplitName)], unused: [String]
  ) throws(Failure) {
    self.path = path
    var folders: [SplitName.Part: String] = [:]
    for (name, split) in named {
      if split.part == .unlabelled {
        notes.append("\(joined(path, name)): left out, for images without classes by its name")
        continue
      }
      if let other = folders.updateValue(name, forKey: split.part) {
        throw Failure(
          .invalidData, "\(path): \(other) and \(name) are both one part of the data by their names; remove one of them"
        )
      }
    }
    if let evaluation = folders[.evaluation] {
      let place: SplitName.Part = folders[.validation] == nil ? .validation : .test
      if let other = folders.updateValue(evaluation, forKey: place) {
        throw Failure(
          .invalidData, "\(path): \(other) and \(evaluation) are both for testing by their names; remove one of them")
      }
    }
    if !unused.isEmpty { notes.append("\(path): \(shortList(unused)): left out, beside the parts of the data") }
    if let name = folders[.training] {
      let root = try Self.classRoot(joined(path, name))
      try Self.requireNoParts(in: root)
      training = root
    }
    validation = try labelled(folders[.validation])
    test = try labelled(folders[.test])
  }

  /// `train/val` would be a class.
  private static func requireNoParts(in root: String) throws(Failure) {
    let folders = try FolderLayout.subfolders(of: root)
    guard let part = folders.first(where: { SplitName($0) != nil && FolderLayout.holdsClasses(joined(root, $0)) })
    else {
      return
    }
    throw Failure(
      .invalidData,
      "\(root): expected folders of classes, found \(printable(part)), which holds folders of images as a part of the data does; move it beside \(root), or rename it if it is a class"
    )
  }

  /// The class folders of a part for evaluation; nil where its images lie in none.
  private mutating func labelled(_ name: String?) throws(Failure) -> String? {
    guard let name else { return nil }
    let root = try Self.classRoot(joined(path, name))
    if try FolderLayout.subfolders(of: root).isEmpty, ImageFiles.holdImages(root) {
      notes.append("\(root): left out, since its images are in no class folders")
      return nil
    }
    return root
  }

  /// Where the class folders of a part are, or its images where it has none: archives may have `train/train/CLASS`,
  /// `train/images/CLASS` or `test/test/1.jpg`.
  private static func classRoot(_ path: String) throws(Failure) -> String {
    let folders = try FolderLayout.subfolders(of: path).filter { ImageFiles.holdImages(joined(path, $0)) }
    guard folders.count == 1, SplitName(folders[0]) != nil || SplitName.isPlain(folders[0]) else { return path }
    return try classRoot(joined(path, folders[0]))
  }

  /// Where the parts of a folder are, for a person to read; nil where they have the usual names and places.
  func places(in path: String) -> String? {
    let uses = [
      // Without a test part, validation is what is tested on.
      (training, "training", ["train"]), (validation, test == nil ? "testing" : "validation", ["val"]),
      (test, "testing", ["test"]),
    ]
    let unusual = uses.contains { folder, _, names in
      folder.map { folder in !names.contains { joined(path, $0) == folder } } ?? false
    }
    guard unusual else { return nil }
    return uses.compactMap { folder, use, _ in folder.map { "\($0) for \(use)" } }.joined(separator: ", ")
  }
}
