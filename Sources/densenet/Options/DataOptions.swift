import ArgumentParser
import DenseNetData
import DenseNetTasks
import DenseNets

struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The dataset: \(DatasetFinder.knownNames.joined(separator: ", ")); folder:<path>, images in train/CLASS and val/CLASS, test/CLASS or both, or in CLASS alone; csv:<file>, a table with the columns path, label and optionally split, or several labels per image. Default: in training the recipe's (cifar10 for paper-cifar), else fashion-mnist.",
      valueName: "name"))
  var dataset: String?

  @Option(
    help: ArgumentHelp(
      "Folder with the dataset's files, directly or in a subfolder of the dataset's name. Default: $DENSENET_DATA, then the cache, then a download.",
      valueName: "folder"), transform: Path.parse)
  var dataDir: Path?

  @Option(
    number:
      "Height and width to which images are resized, in pixels. Default: as the weights record, if any are given, else the network's own (\(ChosenModel.ownSides)).",
    valueName: "pixels")
  var resize: Positive?

  @Option(
    number:
      "Use only <n> images to test on, and in training as many for validation: the first ones; of folder: and csv:, the same share of each class, chosen by --split-seed. Default: all."
  )
  var testLimit: Positive?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Share of each class that training holds out where images are not split already: for testing, or beside --test-share for validation, by which the best epoch is chosen. 0: none. Default: 0.2; evaluate takes what the weights record with --part, else uses every image.",
      valueName: "share"), transform: DataOptions.parseShare)
  var valShare: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Share of each class that training holds out for testing, beside the one of --val-share. Default: none; evaluate takes what the weights record with --part.",
      valueName: "share"), transform: DataOptions.parseShare)
  var testShare: Double?

  @Option(number: "Seed for the choice of images that --val-share, --test-share and limits make.")
  var splitSeed: Seed = Seed(0)

  @OptionGroup(title: "Tables of images") var table: TableOptions

  /// What the options choose.
  var choice: DatasetChoice {
    var choice = dataset.map { DatasetChoice($0) } ?? DatasetChoice()
    (choice.directory, choice.splitSeed) = (dataDir?.text, splitSeed.value)
    (choice.validationShare, choice.testShare) = (valShare, testShare)
    choice.columns = table.columns
    return choice
  }

  /// The user's own images, where the dataset consists of these.
  /// - Throws: `Failure(.usage)` for options that exclude each other.
  func imageSource() throws -> ImageSource? { try choice.imageSource() }

  /// How images are split that are not split already.
  var splitRule: SplitRule { choice.splitRule }

  /// Finds the dataset, downloading it or looking through its files if need be, with progress and warnings on standard
  /// error.
  func load(quiet: Bool = false) async throws -> DatasetSplits {
    try await choice.load(monitor: ConsoleMonitor(quiet: quiet).monitor)
  }
}

extension DataOptions {
  @Sendable private static func parseShare(_ argument: String) throws -> Double {
    guard let share = Double(argument), share >= 0, share < 1 else {
      throw Failure(.usage, "expected a number between 0 and 1, or 0")
    }
    return share
  }
}
