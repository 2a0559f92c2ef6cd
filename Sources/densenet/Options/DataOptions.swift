import ArgumentParser
import DenseNetData
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation
import Synchronization

struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The dataset: \(DatasetFinder.knownNames.joined(separator: ", ")); folder:<path>, images in train/CLASS and val/CLASS or test/CLASS, or in CLASS to be split; csv:<file>, a table with the columns path, label and perhaps split. Default: fashion-mnist.",
      valueName: "name"))
  var dataset: String?

  @Option(
    help: ArgumentHelp(
      "The folder that holds the dataset's files, directly or in a folder of the dataset's name. Default: $DENSENET_DATA, then the cache, then a download.",
      valueName: "folder"), transform: Path.parse)
  var dataDir: Path?

  @Option(
    number:
      "The height and width to which images are resized, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var resize: Positive?

  @Option(number: "Use the first <n> test images only. Default: all.")
  var testLimit: Positive?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of images that are not split already, this share of each class is for testing. Default: 0.2; evaluate takes all.",
      valueName: "share"), transform: DataOptions.parseShare)
  var valShare: Double?

  @Option(number: "Decides which images --val-share takes.")
  var splitSeed: Seed = Seed(0)

  /// The user's own images, where the dataset is of these.
  /// - Throws: `Failure(.usage)` for options that do not go together.
  func imageSource() throws -> ImageSource? {
    guard let dataset, let source = try ImageSource(dataset) else {
      guard valShare == nil else {
        throw Failure(.usage, "--val-share: is for folder:<path> and csv:<file>; leave it out")
      }
      return nil
    }
    guard dataDir == nil else {
      throw Failure(.usage, "--data-dir: expected no folder beside --dataset \(dataset), found one; leave it out")
    }
    return source
  }

  /// How images are split that are not split already.
  var splitRule: SplitRule { SplitRule(testShare: valShare ?? 0.2, seed: splitSeed.value) }

  /// Finds the dataset, downloading it or looking through its files if need be, with progress and warnings on standard
  /// error.
  /// - Parameter other: what is wanted where no option names a dataset; nil: as the finder thinks best.
  func load(otherwise other: String? = nil, quiet: Bool = false) async throws -> DatasetSplits {
    if let source = try imageSource() { return try ImageSourceLoading(source, rule: splitRule, quiet: quiet).load() }
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    let download = DownloadDisplay(progress)
    let finder = DatasetFinder(dataDirectory: dataDir?.text, progress: { download.update($0, $1, $2) })
    let splits = try await finder.find(dataset ?? other)
    progress.finish()
    for warning in splits.warnings { printError("warning: \(warning)") }
    return splits
  }
}

extension DataOptions {
  @Sendable private static func parseShare(_ argument: String) throws -> Double {
    guard let share = Double(argument), share > 0, share < 1 else {
      throw Failure(.usage, "expected a number between 0 and 1")
    }
    return share
  }
}

/// Shows a download, file by file.
private final class DownloadDisplay: Sendable {
  private let progress: ProgressBar
  private let current = Mutex("")

  init(_ progress: ProgressBar) { self.progress = progress }

  func update(_ file: String, _ received: Int64, _ expected: Int64?) {
    let isNew = current.withLock { current in
      defer { current = file }
      return current != file
    }
    if isNew { progress.begin("download \(file)", total: Int(expected ?? 0), unit: .bytes) }
    progress.update(completed: Int(received))
  }
}
