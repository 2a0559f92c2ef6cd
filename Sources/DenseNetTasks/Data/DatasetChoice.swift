public import DenseNetData
public import DenseNets

/// Which images: a dataset that has a name, or a user's own.
///
/// ```swift
/// let own = DatasetChoice.folder("photos")
/// var cifar = DatasetChoice.named("cifar10")
/// cifar.directory = "/data/cifar-10-batches-bin"
/// ```
public struct DatasetChoice: Sendable, Equatable {
  /// Where images come from.
  public enum Source: Sendable, Equatable {
    /// One of `DatasetFinder.knownNames`.
    case named(String)
    /// Images in `train/CLASS` and `val/CLASS` or `test/CLASS`, or in `CLASS` to be split.
    case folder(String)
    /// A CSV file with the columns `path`, `label` and perhaps `split`, or others; see ``columns``.
    case table(String)
  }

  /// Nil: what a recipe is for, else Fashion-MNIST, else the sample that comes with the program.
  public var source: Source?
  /// The folder that holds the files of a dataset that has a name. Nil: `DENSENET_DATA`, then the cache, then a download.
  public var directory: String?
  /// Of images that are not split already, the share of each class that is for testing, from 0 (none) to below 1. Nil:
  /// ``validationShare``, else 0.2.
  public var testShare: Double?
  /// The share of each class for validation, where ``testShare`` is given too: then there are three parts, and the best
  /// epoch is not chosen on the images that are tested on. Alone, it is for testing. Of images that come with a training
  /// and a test part, the share of the training images.
  public var validationShare: Double?
  /// Decides which images the shares take, and which ones of a user's own are chosen where their number is limited.
  public var splitSeed: UInt64 = 0
  /// Of a table, which columns say what, and whether images have several labels.
  public var columns = TableColumns()
  /// Whether images for validation are tested on, as in versions that knew two parts only.
  package var hasTwoParts = false

  public init(_ source: Source? = nil) { self.source = source }

  public static func named(_ name: String) -> DatasetChoice { DatasetChoice(.named(name)) }
  public static func folder(_ path: String) -> DatasetChoice { DatasetChoice(.folder(path)) }
  public static func table(_ path: String) -> DatasetChoice { DatasetChoice(.table(path)) }

  /// How images are split that are not split already.
  public var splitRule: SplitRule {
    let shares = [testShare, validationShare].compactMap(\.self).filter { $0 > 0 }
    let isWhole = shares.isEmpty && (testShare != nil || validationShare != nil)
    var rule =
      shares.count == 2
      ? SplitRule(testShare: shares[0], validationShare: shares[1], seed: splitSeed)
      : SplitRule(testShare: shares.first ?? (isWhole ? 0 : 0.2), seed: splitSeed)
    (rule.carvedValidationShare, rule.carvedTestShare) = (validationShare ?? 0, testShare ?? 0)
    rule.hasTwoParts = hasTwoParts
    return rule
  }

  private func validateShares(isOwn: Bool) throws(Failure) {
    let shares: [(Double?, String, Failure.Setting)] = [
      (testShare, "test share", "testShare"), (validationShare, "validation share", "validationShare"),
    ]
    for (share, name, setting) in shares {
      guard let share else { continue }
      guard share >= 0, share < 1 else {
        throw Failure(.usage, "\(name): expected a number from 0 to below 1, found \(share)", settings: [setting])
      }
      guard isOwn else {
        throw Failure(
          .usage, "\(name): applies only to images in a folder or a table; leave it out", settings: [setting])
      }
    }
    let sum = (testShare ?? 0) + (validationShare ?? 0)
    guard sum < 1 else {
      throw Failure(
        .usage, "shares for validation and testing: expected less than 1 together, found \(sum); choose smaller ones",
        settings: ["validationShare", "testShare"])
    }
  }

  /// The user's own images; nil for a dataset that has a name.
  /// - Throws: `Failure(.usage)` for settings that do not go together.
  public func imageSource() throws(Failure) -> ImageSource? {
    try columns.validate()
    if columns != TableColumns() {
      guard case .table? = source else {
        throw Failure(
          .usage, "columns: apply only to a table, csv:FILE, found \(text ?? "none"); leave them out, or name a table",
          settings: ["dataset"])
      }
    }
    let own: ImageSource
    switch source {
    case nil, .named?:
      try validateShares(isOwn: false)
      return nil
    case .folder(let path)?: own = .folder(path)
    case .table(let path)?: own = .table(path, columns: columns)
    }
    try validateShares(isOwn: true)
    guard !own.path.isEmpty else {
      throw Failure(
        .usage, "dataset: expected a path after the colon of folder: or csv:, found none; name the folder or the table",
        settings: ["dataset"])
    }
    guard directory == nil else {
      throw Failure(
        .usage, "expected no folder of datasets with \(text ?? own.path), found one; leave it out",
        settings: ["dataDirectory"])
    }
    return own
  }

  /// Finds the images: looks through the user's own, or finds a dataset's files, downloading them if need be.
  /// - Parameter other: what is wanted where nothing is chosen; nil: as the finder thinks best.
  /// - Throws: `Failure` where there are no such images, they are not sound, or settings do not go together.
  public func load(otherwise other: String? = nil, monitor: TaskMonitor = TaskMonitor()) async throws -> DatasetSplits {
    if let own = try imageSource() { return try own.load(splitRule, monitor) }
    var name = other
    if case .named(let chosen)? = source { name = chosen }
    let download = DownloadStages(monitor)
    let finder = DatasetFinder(dataDirectory: directory, progress: { download.update($0, $1, $2) })
    let splits = try await finder.find(name)
    download.end()
    for warning in splits.warnings { monitor.warning(warning) }
    return splits
  }
}

// MARK: - As text

extension DatasetChoice {
  private static let folderPrefix = "folder:"
  private static let tablePrefix = "csv:"

  /// - Parameter text: a name, `folder:<path>` or `csv:<file>`.
  public init(_ text: String) {
    if text.hasPrefix(Self.folderPrefix) {
      self = .folder(String(text.dropFirst(Self.folderPrefix.count)))
    } else if text.hasPrefix(Self.tablePrefix) {
      self = .table(String(text.dropFirst(Self.tablePrefix.count)))
    } else {
      self = .named(text)
    }
  }

  /// What ``init(_:)-(String)`` reads; nil where nothing is chosen.
  public var text: String? {
    switch source {
    case nil: nil
    case .named(let name)?: name
    case .folder(let path)?: Self.folderPrefix + path
    case .table(let path)?: Self.tablePrefix + path
    }
  }
}
