public import DenseNets

/// Images sorted into a folder for each class: `FOLDER/CLASS/*`, as torchvision's `ImageFolder` reads them.
public struct ImageFolder: Sendable {
  public struct Example: Sendable, Equatable {
    public let path: String
    /// An index into ``ImageFolder/classNames``.
    public let label: Int

    /// What a person calls the file.
    package let name: String

    /// - Parameter name: nil: the path.
    package init(path: String, label: Int, name: String? = nil) {
      (self.path, self.label, self.name) = (path, label, name ?? path)
    }
  }

  /// The folder of the class folders.
  public let path: String
  /// The names that labels stand for.
  public let classNames: [String]
  /// The images, class by class, within a class sorted by path.
  public let examples: [Example]
  /// Class folders, or folders in them, that could not be read or hold no images.
  public let skipped: [SkippedImage]
  /// What else is there, and is not taken.
  public let leftOut: LeftOutFiles
  /// What was decided about the folders, and what was left out, for a person to read.
  public private(set) var notes: [String]

  /// Finds the images; none of them is read.
  /// - Parameters:
  ///   - path: a folder of class folders, or one with `val` or `test` by whatever name, which then holds them.
  ///   - classNames: the classes of the network, in the order of its outputs. Nil takes the folders' names, sorted.
  /// - Throws: `Failure(.missingInput)` where there is no such folder or no image in it, `invalidData` for a class
  ///   folder that is none of `classNames`, `inputOutput` where the folder cannot be read.
  public init(_ path: String, classNames: [String]? = nil) throws(Failure) {
    guard ImageFiles.isFolder(path) else {
      throw missingFolder(path)
    }
    let layout = Result { () throws(Failure) in try FolderLayout(of: path) }
    // Where the classes are known, a part among class folders is none of them.
    if let classNames, (try? layout.get())?.isOfClasses ?? true,
      let part = try FolderLayout.heldOutFolder(of: path, besides: classNames)
    {
      try self.init(root: part, classNames: classNames)
      notes.insert("images for testing are those of \(part)", at: 0)
      return
    }
    switch try layout.get() {
    case .classes(let root, let notes):
      try self.init(root: root, classNames: classNames)
      self.notes = notes + self.notes
    case .parts(let parts):
      guard let root = parts.test ?? parts.validation else {
        throw Failure(
          .missingInput,
          "\(path): expected a folder val or test with class folders\(parts.training.map { " beside \($0)" } ?? ""), found none; add one or name another folder"
        )
      }
      try self.init(root: root, classNames: classNames)
      let isUsual = ["val", "test"].map { joined(path, $0) }.contains(root)
      notes = parts.notes + (isUsual ? [] : ["\(path): the images for testing are those of \(root)"]) + notes
    }
  }

  /// Finds the images in the class folders of this very folder.
  init(root: String, classNames: [String]? = nil) throws(Failure) {
    let listing = try FolderListing(root)
    let folders = listing.names.filter { ImageFiles.isFolder(joined(root, $0)) }
    guard !folders.isEmpty else {
      throw Failure(.missingInput, "\(root): expected a folder of images for each class, found no folder")
    }
    // Equal to Swift, and two to the file system.
    var known: Set<String> = []
    for folder in folders where !known.insert(PathText.readable(folder)).inserted {
      throw Failure(
        .invalidData,
        "\(joined(root, folder)): is spelled with different characters than the name of another folder that looks the same; rename one"
      )
    }
    let names = classNames ?? folders.map(PathText.readable)
    let labels = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var examples: [Example] = []
    var skipped: [SkippedImage] = []
    var leftOut = LeftOutFiles(beside: folders, listing, root)
    for folder in folders {
      guard let label = labels[PathText.readable(folder)] else {
        throw Failure(
          .invalidData,
          "\(joined(root, folder)): expected a folder of one of the model's \(names.count) classes (\(Self.some(names))), found another name; rename or remove it"
        )
      }
      let files = ImageFiles([joined(root, folder)])
      examples += files.paths.map { Example(path: $0, label: label) }
      skipped += files.skipped
      leftOut.add(files.leftOut)
    }
    guard !examples.isEmpty else {
      throw Failure(
        .missingInput,
        "\(root): expected \(ImageFormat.list) images in its class folders, found none\(leftOut.description.map { "; \($0)" } ?? "")"
      )
    }
    (self.path, self.classNames, self.examples, self.skipped) = (root, names, examples, skipped)
    (self.leftOut, notes) = (leftOut, leftOut.description.map { ["\(root): \($0)"] } ?? [])
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
}
