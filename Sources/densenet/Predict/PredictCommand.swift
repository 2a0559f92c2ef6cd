import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify images.",
    discussion: """
      Takes JPEG, PNG, WebP, BMP, GIF and TIFF files, and folders of them, nested ones too; the content decides, not the \
      name, and of several frames or pages the first counts. Images are turned upright, then resized and \
      normalised as the weights record, with torchvision's results. An image that cannot be read is reported on \
      standard error and left out; the others are classified, and the final exit status is 65, or 66 if a file does \
      not exist.

      With --input-tensors, the input is a tensor of images that are already normalised.
      """)

  @Argument(help: "Images, or folders of images.", transform: Path.parse)
  var images: [Path] = []

  @Option(
    help: ArgumentHelp(
      "The weights: safetensors, a PyTorch checkpoint, an ONNX model, or a folder.", valueName: "file"),
    transform: Path.parse)
  var weights: Path

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var preprocessing: PreprocessingOptions
  @OptionGroup var output: PredictionOptions
  @OptionGroup var decisions: ThresholdOptions
  @OptionGroup var views: TestTimeAugmentationOptions

  @Option(
    help: ArgumentHelp(
      "Predict from a tensor \"input\" [N, C, H, W] instead of images. Default: from images.",
      valueName: "file.safetensors"), transform: Path.parse)
  var inputTensors: Path?

  @Option(
    help: ArgumentHelp(
      "With --input-tensors: the file to write a tensor \"logits\" [N, classes] to. Default: none.",
      valueName: "file.safetensors"), transform: Path.parse)
  var outputTensors: Path?

  @Option(number: "Images per batch.")
  var batchSize: Positive = Positive(16)

  @OptionGroup var compute: InferenceOptions

  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  func run() throws {
    let tensors = try tensorFiles()
    if tensors == nil { try output.validate(images: images.map(\.text)) }
    for (file, setting) in [(tensors?.output, "outputTensors"), (output.features, "features")] {
      guard let file else { continue }
      let read = [weights, tensors?.input, output.classes].compactMap { $0?.url } + images.map(\.url)
      try OutputFile.requireNone(of: read, at: file.url, settings: [Failure.Setting(rawValue: setting)])
    }
    let device = try compute.device()
    var network = try LoadedNetwork(weights, entry, model)
    try network.compute(in: compute.precision)
    if let tensors {
      try predict(tensors.input, tensors.output, network, device)
    } else {
      try predictImages(network, device)
    }
  }

  private func predictImages(_ network: LoadedNetwork, _ device: Device) throws {
    let preprocessing = try preprocessing.applied(to: network.preprocessing())
    let files = ImageFiles(images.map(\.text))
    if let leftOut = files.leftOut.description { printError("warning: \(leftOut)") }
    let classifier = try ImageClassifier(
      network, preprocessing: preprocessing, classNames: network.classNames(file: output.classes?.text),
      threshold: decisions.threshold, views: views.tta, device: device)
    try network.requireSize(of: preprocessing, images: min(batchSize.value, max(files.paths.count, 1)), device: device)
    var task = PredictionTask(classifier)
    (task.top, task.batchSize, task.makesFeatures) = (output.top.value, batchSize.value, output.features != nil)
    task.heatMaps = try output.cam.map { try HeatMapWriter($0.text, preprocessing: preprocessing) }
    task.monitor = ConsoleMonitor(quiet: quiet, countsAsWork: true).monitor
    var leftOut = LeftOutImages()
    task.onSkipped = { leftOut.report($0) }
    Interrupts.watch()
    let result: PredictionResult
    do { result = try task.run(files) } catch let stopped as TaskInterruption {
      throw Interruption(description: "\(stopped); nothing was printed")
    }
    if let target = output.features?.text, try !result.writeFeatures(to: target) {
      printError("\(target): not written, since no image could be read")
    }
    try print(PredictionReport(result))
    try leftOut.throwIfAny(of: result.images.count + result.skipped.count)
  }

  private func print(_ report: PredictionReport) throws {
    switch output.chosenFormat {
    case .json: try printJSON(report)
    case .csv: try printResult(report.csv())
    case .table: if !report.isEmpty { try printResult(report.table()) }
    }
  }

  private func predict(_ input: Path, _ output: Path, _ network: LoadedNetwork, _ device: Device) throws {
    var task = TensorPrediction(network)
    (task.device, task.batchSize) = (device, batchSize.value)
    task.monitor.shouldStop = { Interrupts.requested }
    Interrupts.watch()
    let report = try task.report(input: input.text, output: output.text)
    if self.output.chosenFormat == .json { try printJSON(report) }
  }

  /// The files of tensors, where these and not images are asked for.
  private func tensorFiles() throws -> (input: Path, output: Path)? {
    switch (inputTensors, outputTensors) {
    case (nil, nil):
      guard !images.isEmpty else {
        throw Failure(.usage, "expected images or folders of images, found none; see densenet predict --help")
      }
      return nil
    case (let input?, let output?):
      guard images.isEmpty else {
        throw Failure(.usage, "expected either images or --input-tensors, found both; give one of them")
      }
      guard self.output.features == nil, self.output.cam == nil, self.output.classes == nil, views.tta == .none,
        decisions.threshold == nil
      else {
        throw Failure(
          .usage,
          "--features, --cam, --classes, --threshold and --tta need images, found --input-tensors; leave one out")
      }
      _ = try WeightsFile.writtenFormat(of: output.url)
      return (input, output)
    case (nil, _?):
      throw Failure(.usage, "--output-tensors: expected --input-tensors too; name the file with the images")
    case (_?, nil): throw Failure(.usage, "--input-tensors: expected --output-tensors too; name a file for the logits")
    }
  }
}

/// What `--format` can name.
enum PredictionFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json, csv
}

/// Which results of predictions are printed and written.
struct PredictionOptions: ParsableArguments {
  @Option(number: "Show the <n> most probable classes; of several labels, all are shown.")
  var top: Positive = Positive(5)

  @Option(
    help: ArgumentHelp(
      "A text file with one class name per line. Default: the names in the weights, else ImageNet's for 1,000 classes, else numbers.",
      valueName: "file"), transform: Path.parse)
  var classes: Path?

  @Option(help: ArgumentHelp("Output format.", valueName: "name"))
  var format: PredictionFormat = .table

  @Flag(help: "Print the result as JSON; the same as --format json.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write each image's features, which are the classifier's input, as a tensor \"features\" [N, channels]. Default: not written.",
      valueName: "file.safetensors"), transform: Path.parse)
  var features: Path?

  @Option(
    help: ArgumentHelp(
      "Write each image overlaid with a heat map of the evidence for its most probable class: as <image>.cam.png in a folder, or a single image as a .png file. With several labels, a folder gets <image>.<label>.cam.png for each label that the image is said to have. Default: not written.",
      valueName: "folder or file.png"), transform: Path.parse)
  var cam: Path?

  var chosenFormat: PredictionFormat { json ? .json : format }

  /// - Throws: `Failure(.usage)` for requests that cannot be met, before any work.
  func validate(images: [String]) throws {
    if json, format == .csv {
      throw Failure(.usage, "expected one format, found --json and --format csv; leave one out")
    }
    if let features { _ = try WeightsFile.writtenFormat(of: features.url) }
    if let cam { try HeatMapWriter.validate(cam.text, images: images) }
  }
}

extension PredictCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "initialWeights": ["densenet train --weights"],
    "imageSize": ["--resize", "--crop"], "heatMaps": ["--cam"],
  ]
}
