import ArgumentParser
import DenseNetData
import DenseNetReports
import DenseNets
import Foundation
import Synchronization

/// What `--precision` can name.
enum PrecisionOption: String, CaseIterable, ExpressibleByArgument {
  case fp32, bf16

  var precision: Precision {
    switch self {
    case .fp32: .fp32
    case .bf16: .bf16
    }
  }
}

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

/// The algorithms that `--convolution` can name.
enum ConvolutionOption: String, CaseIterable, ExpressibleByArgument {
  case direct, winograd, auto

  var choice: ConvolutionChoice {
    switch self {
    case .direct: .direct
    case .winograd: .winograd
    case .auto: .automatic
    }
  }
}

struct ComputeOptions: ParsableArguments {
  @Option(number: "Working threads. Default: one per core.")
  var threads: Positive?

  @Option(
    help: ArgumentHelp(
      "What a network's maps hold: fp32, or bf16 for half the memory; statistics, weights and their gradients are always fp32.",
      valueName: "name"))
  var precision: PrecisionOption = .fp32

  @Option(
    help: ArgumentHelp(
      "How 3×3 convolutions of dense layers are computed: direct; winograd (faster, with a rounding error of up to 4e-6 instead of 4e-7); auto (winograd where it saves work).",
      valueName: "name"))
  var convolution: ConvolutionOption = .auto

  /// The device that these options and `DENSENET_ISA` name.
  func device() throws -> Device {
    try threads?.require(atMost: 1024, "--threads")
    return try Device.cpu(threads: threads?.value, convolution: convolution.choice, precision: precision.precision)
  }
}

struct MemoryOptions: ParsableArguments {
  @Flag(
    help:
      "Compute again in the backward pass what need not be kept: the maps of bottlenecks, and where the stem's pools found their maxima. Results are the same to the bit."
  )
  var memoryEfficient = false
}
