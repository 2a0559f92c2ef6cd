public import ArgumentParser
import DenseNetData
import DenseNetReports
public import DenseNetTasks
import DenseNets

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a network's loss and accuracy on the test images.",
    discussion: """
      With --dataset folder:DIR, images are read from DIR/CLASS/*, or from DIR/test/CLASS/* or else \
      DIR/val/CLASS/* where these exist, and prepared as the weights record; with --part, from another part. With --dataset \
      csv:FILE, they are the table's rows with split test, or else val, or all rows if it has no column split. Where \
      images do not come in parts, --part test takes those that training held out for testing, by the shares, the seed and \
      the group column in the weights or by --val-share, --test-share, --split-seed and --group-column; of two parts, \
      --part val names them too. A table's columns, and what -1 means among labels, are those of training where it has \
      them and none are named. Images that the weights were trained on are warned of. Folders and labels are matched with classes by the names in the \
      weights, else by their sorted order. Images that cannot be read are reported on standard error and left out; the \
      exit status is then 65.
      """)

  @Option(
    help: ArgumentHelp(
      "The weights to evaluate: safetensors, a PyTorch checkpoint, an ONNX model, or a folder.", valueName: "file"),
    transform: Path.parse)
  var weights: Path

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var decisions: ThresholdOptions
  @OptionGroup var views: TestTimeAugmentationOptions
  @OptionGroup var compute: InferenceOptions

  @Option(
    help: ArgumentHelp(
      "Part of the images of folder: or csv: to evaluate: train, val, test or all. Default: test, else val, else all.",
      valueName: "part"))
  var part: EvaluationPart?

  @Option(
    help: ArgumentHelp(
      "A folder to write report.html, evaluation.json and predictions.csv to. Default: none.", valueName: "folder"),
    transform: Path.parse)
  var output: Path?

  @Option(
    help: ArgumentHelp(
      "A text file with one class name per line, in the order of the network's outputs. Default: the names in the weights, else those of the images in sorted order.",
      valueName: "file"), transform: Path.parse)
  var classes: Path?

  @Option(number: "Images per batch, at most 64.")
  var batchSize: Positive = Positive(64)

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  func run() async throws {
    let device = try compute.device()
    var choice = data.choice
    // The weights may name the columns of labels that it is about.
    if choice.columns.labels == nil, choice.source.map({ if case .table = $0 { true } else { false } }) == true {
      choice.columns.uncertain = nil
    }
    let source = try choice.imageSource()
    if part != nil, source == nil { throw Failure(.usage, "--part: applies only to folder: and csv:; leave it out") }
    var network = try LoadedNetwork(weights, entry, model)
    try network.compute(in: compute.precision)
    if let file = classes { try network.nameClasses(file: file.text) }
    var task = EvaluationTask(network)
    (task.side, task.limit) = (data.resize?.value, data.testLimit?.value)
    (task.batchSize, task.views, task.device) = (batchSize.value, views.tta, device)
    (task.threshold, task.uncertain) = (decisions.threshold, data.table.uncertain)
    task.monitor = ConsoleMonitor(quiet: quiet, countsAsWork: true).monitor
    (task.part, task.splitSeed, task.keepsPredictions) = (part, data.splitSeed.value, output != nil)
    if let output { try source?.requireNoOutput(at: output.text) }
    let report = try output.map { try EvaluationReport($0.text) }
    if let warning = report?.warning { printError("warning: \(warning)") }
    defer { report?.abandon() }
    var leftOut = LeftOutImages()
    task.onSkipped = { leftOut.report($0) }
    let result: EvaluationResult
    let dataset: String
    var image: ((Int) throws -> DecodedImage)?
    if let source {
      Interrupts.watch()
      result = try task.run(on: source, rule: data.valShare == nil && data.testShare == nil ? nil : data.splitRule)
      dataset = source.name
    } else {
      let test = try await data.load(quiet: quiet).test
      Interrupts.watch()
      result = try task.run(on: test)
      (dataset, image) = (test.name, { try test.image(at: $0) })
    }
    let settings = [("part", part?.rawValue ?? "default"), ("tta", views.tta.rawValue)]
    try report?.write(result, of: task.network, on: dataset, settings: settings, image: image)
    if json { try printJSON(EvaluationSummary(result)) } else { try printResult(result.line(isOwn: source != nil)) }
    try leftOut.throwIfAny(of: result.examples + result.skipped.count)
  }
}

extension EvaluateCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "initialWeights": ["densenet train --weights"], "inputTensors": [],
  ]
}

extension EvaluationPart: ExpressibleByArgument {}
