import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets

struct QuantizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Make weights of one byte, for faster inference.",
    discussion: """
      Chooses scales and weights by the values that channels have on images of all kinds that the network will meet; no \
      labels are needed. The result is weights like any other, with which predict, evaluate, bench predict and serve \
      compute with bytes; --precision fp32 or bf16 computes with the numbers that these stand for.
      """)

  @Argument(
    help: "The weights: safetensors, a PyTorch checkpoint, an ONNX model, or a folder.", transform: Path.parse)
  var weights: Path

  @Option(
    help: ArgumentHelp(
      "Images to calibrate by: a folder of them, nested ones too; the training images of a dataset: \(DatasetFinder.knownNames.joined(separator: ", ")), folder:<path> or csv:<file>.",
      valueName: "folder or dataset"), transform: Path.parse)
  var calibrate: Path

  @Option(number: "Images, at most; of more, some from everywhere among them.")
  var images: Positive = Positive(300)

  @Option(
    help: ArgumentHelp("The file to write; an existing one is replaced.", valueName: "file.safetensors"),
    transform: Path.parse)
  var output: Path

  @Option(
    help: ArgumentHelp(
      "Folder with the files of a dataset that has a name. Default: $DENSENET_DATA, then the cache, then a download.",
      valueName: "folder"), transform: Path.parse)
  var dataDir: Path?

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions

  @Option(number: "Images per batch.")
  var batchSize: Positive = Positive(16)

  @Option(number: "Worker threads. Default: one per core.")
  var threads: Positive?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  func run() async throws {
    guard try WeightsFile.writtenFormat(of: output.url) == .safetensors else {
      throw Failure(.usage, "--output: expected a name in .safetensors, found \(output.text)")
    }
    try OutputFile.require(output.url, as: .safetensors, inputs: [weights.url, calibrate.url], replaces: true)
    try threads?.require(atMost: 1024, "--threads")
    let network = try LoadedNetwork(weights, entry, model)
    var task = try QuantizationTask(network)
    (task.images, task.batchSize) = (images.value, batchSize.value)
    task.device = try Device.cpu(threads: threads?.value)
    task.monitor = ConsoleMonitor(quiet: quiet, countsAsWork: true).monitor
    var leftOut = LeftOutImages()
    task.onSkipped = { leftOut.report($0) }
    Interrupts.watch()
    let result = try await task.run(on: CalibrationImages(calibrate.text, directory: dataDir?.text))
    try task.write(result, to: output.text)
    let report = QuantizationReport(result, of: network, to: output.text)
    if json { try printJSON(report) } else { try printResult(report.line) }
    try leftOut.throwIfAny(of: result.images + result.skipped.count)
  }
}

extension QuantizeCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "calibration": ["--calibrate"], "imageSize": [], "inputTensors": [],
  ]
}
