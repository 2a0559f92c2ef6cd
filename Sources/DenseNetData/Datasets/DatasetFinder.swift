import DenseNets
public import Foundation

/// Finds a dataset: in the folder that the user names, in the user's cache, or on the web.
///
/// A folder or a dataset that is named is a request, and is met or fails; nothing else takes its place. Where nothing
/// is named, and Fashion-MNIST is not in the cache and cannot be downloaded because there is no network, the bundled
/// sample takes its place, and ``DatasetSplits/warnings`` says so.
public struct DatasetFinder: Sendable {
  /// The environment variable that names a folder of datasets, where the caller names none.
  public static let variable = "DENSENET_DATA"
  /// The dataset that is found where none is named.
  package static let defaultName = DatasetDescription.fashionMNIST.name

  let dataDirectory: String?
  let environment: [String: String]
  let cacheDirectory: String
  let datasets: [DatasetDescription]
  let mirrors: [URL]?
  let downloader: Downloader

  /// - Parameters:
  ///   - dataDirectory: the folder that the user names, which takes precedence over the variable `DENSENET_DATA`.
  ///   - environment: the process's environment.
  ///   - cacheDirectory: where downloads are kept; by default the `densenet` folder in the user's cache.
  ///   - mirrors: folders on the web that hold the files, instead of the known ones, in the order to try.
  ///   - progress: called as the bytes of a download arrive, from any thread.
  public init(
    dataDirectory: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
    cacheDirectory: String? = nil, mirrors: [URL]? = nil, progress: DownloadProgress? = nil
  ) {
    self.init(
      dataDirectory: dataDirectory, environment: environment, cacheDirectory: cacheDirectory, mirrors: mirrors,
      datasets: DatasetDescription.all, downloader: Downloader(progress: progress))
  }

  init(
    dataDirectory: String?, environment: [String: String], cacheDirectory: String?, mirrors: [URL]?,
    datasets: [DatasetDescription], downloader: Downloader
  ) {
    self.dataDirectory = dataDirectory
    self.environment = environment
    self.cacheDirectory = cacheDirectory ?? Self.defaultCacheDirectory(environment)
    self.datasets = datasets.map {
      var description = $0
      description.mirrors = mirrors ?? description.mirrors
      return description
    }
    self.mirrors = mirrors
    self.downloader = downloader
  }

  /// The names that ``find(_:)`` knows.
  public static var knownNames: [String] { names(with: DatasetDescription.all) }

  private static func names(with datasets: [DatasetDescription]) -> [String] {
    var names = datasets.map(\.name)
    names.insert(BundledSample.name, at: min(1, names.count))
    return names + CIFARDescription.all.map(\.name)
  }

  /// Finds and reads a dataset.
  /// - Parameter name: one of ``knownNames``, or nil where the user names none.
  /// - Throws: `Failure` of kind `missingInput` where a request cannot be met, `invalidData` where a file's content is
  ///   wrong, `inputOutput` where a file cannot be read or a download cannot be written.
  public func find(_ name: String?) async throws -> DatasetSplits {
    if name == BundledSample.name { return try bundledSample() }
    if let cifar = CIFARDescription.all.first(where: { $0.name == name }) { return try await find(cifar) }
    guard let description = datasets.first(where: { $0.name == name ?? Self.defaultName }) else {
      let names = Self.names(with: datasets)
      let meant = name.flatMap { DatasetSuggestion.of($0, known: names) }
      throw Failure(
        .missingInput,
        "no dataset is called \(name ?? Self.defaultName); \(meant.map { "did you mean \($0)? Else " } ?? "")name one of \(names.joined(separator: ", ")), or folder:<path> or csv:<file>",
        settings: ["dataset"])
    }
    if let request = requestedFolder {
      let folder = DatasetFolder(path: request.path, description: description)
      guard let paths = folder.paths() else { throw folder.failure(request) }
      return try await read(paths, of: description, isDownload: false)
    }
    let cache = DatasetFolder(path: cacheDirectory, description: description)
    if let paths = cache.paths() { return try await read(paths, of: description, isDownload: true) }
    guard !description.mirrors.isEmpty else {
      let files = description.files.map(\.name).joined(separator: ", ")
      throw Failure(
        .missingInput,
        "\(description.name) is not in \(cacheDirectory), and this program does not download it; name a folder that holds \(files)",
        settings: ["dataDirectory"])
    }
    do {
      return try await read(download(description), of: description, isDownload: true)
    } catch let error as DownloadError {
      if name == nil, error.isWantOfNetwork { return try sampleInstead(of: description, because: error) }
      throw error.failure(of: description.name, cache: cacheDirectory)
    }
  }

  var requestedFolder: RequestedFolder? {
    if let dataDirectory { return RequestedFolder(path: dataDirectory, variable: nil) }
    guard let folder = environment[Self.variable], !folder.isEmpty else { return nil }
    return RequestedFolder(path: folder, variable: Self.variable)
  }

  private func download(_ description: DatasetDescription) async throws -> DatasetPaths {
    let folder = cacheDirectory + "/" + description.name
    for file in description.files {
      let path = folder + "/" + file.name
      if FileManager.default.fileExists(atPath: path) { continue }
      try await downloader.download(file, from: description.mirrors, to: path)
    }
    return DatasetPaths(
      trainImages: folder + "/" + description.trainImages.name,
      trainLabels: folder + "/" + description.trainLabels.name,
      testImages: folder + "/" + description.testImages.name, testLabels: folder + "/" + description.testLabels.name)
  }

  private func bundledSample() throws -> DatasetSplits {
    if let dataDirectory, !FileManager.default.fileExists(atPath: dataDirectory) {
      throw RequestedFolder(path: dataDirectory, variable: nil).isMissing
    }
    let sample = try BundledSample.load()
    let isUnused = dataDirectory != nil
    return DatasetSplits(
      train: sample.train, test: sample.test, origin: sample.origin,
      warnings: isUnused
        ? ["\(BundledSample.name) comes with the program; the folder \(dataDirectory!) is not used"] : [])
  }

  private func sampleInstead(
    of description: DatasetDescription, because error: DownloadError
  ) throws -> DatasetSplits {
    let sample = try BundledSample.load()
    let warning =
      "\(description.title) is not in \(cacheDirectory) and cannot be downloaded (\(error.message)): using the bundled "
      + "sample of \(grouped(sample.train.count)) training and \(grouped(sample.test.count)) test images instead, "
      + "so results are not comparable with the full set's; connect to a network, or set \(Self.variable) "
      + "to a folder that holds it"
    return DatasetSplits(train: sample.train, test: sample.test, origin: sample.origin, warnings: [warning])
  }

  static func defaultCacheDirectory(_ environment: [String: String]) -> String {
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    #if os(macOS)
      return home + "/Library/Caches/densenet"
    #else
      if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/densenet" }
      return home + "/.cache/densenet"
    #endif
  }
}
