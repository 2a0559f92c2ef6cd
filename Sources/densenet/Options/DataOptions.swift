import ArgumentParser
import DenseNetData
import DenseNetReports
import Foundation
import Synchronization

struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The dataset: \(DatasetFinder.knownNames.joined(separator: ", ")); evaluate also takes folder:<path>, pictures in a folder for each class. Default: fashion-mnist.",
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

  @Option(number: "Images of a batch.")
  var batchSize: Positive = Positive(256)

  @Option(number: "Use the first <n> test images only. Default: all.")
  var testLimit: Positive?

  /// Finds the dataset, downloading it if need be, with progress and warnings on standard error.
  func load(quiet: Bool = false) async throws -> DatasetSplits {
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    let download = DownloadDisplay(progress)
    let finder = DatasetFinder(dataDirectory: dataDir?.text, progress: { download.update($0, $1, $2) })
    let splits = try await finder.find(dataset)
    progress.finish()
    for warning in splits.warnings { printError("warning: \(warning)") }
    return splits
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
