import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a network's loss and accuracy on the test images.",
    discussion: """
      With --dataset folder:DIR, images are read from DIR/CLASS/*, or from DIR/val/CLASS/* or DIR/test/CLASS/* where \
      these are there, and prepared as the weights say; with --val-share, those of DIR/CLASS/* that training with the \
      same share and --split-seed has left for testing. With --dataset csv:FILE, they are the table's rows of val or \
      test, or all where it has no column split. Folders and labels are matched with classes by the names in the weights, \
      else by their sorted order. Images that cannot be read are named on standard error and left out; the exit \
      status is then 65.
      """)

  @Option(
    help: ArgumentHelp(
      "The weights to evaluate: safetensors, a PyTorch checkpoint, an ONNX model, or a folder.", valueName: "file"),
    transform: Path.parse)
  var weights: Path

  @OptionGroup var model: ModelOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var views: TestTimeAugmentationOptions
  @OptionGroup var compute: ComputeOptions

  @Option(number: "Images of a batch.")
  var batchSize: Positive = Positive(256)

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "No progress on standard error.")
  var quiet = false

  struct Report: Encodable {
    let testAccuracy: Double
    let testLoss: Double
    let examples: Int
    /// Wall-clock time of the evaluation.
    let seconds: Double
  }

  func run() async throws {
    let device = try compute.device()
    if let source = try data.imageSource() {
      return try FolderEvaluation(
        source: source, rule: data.valShare == nil ? nil : data.splitRule,
        network: LoadedNetwork(weights: weights.text, model: model.choice), side: data.resize?.value,
        limit: data.testLimit?.value, device: device, batchSize: batchSize.value, views: views.tta, quiet: quiet
      ).run(json: json)
    }
    let file = try WeightsFile(contentsOf: weights.url)
    let splits = try await data.load(quiet: quiet)
    let test = data.testLimit.map { splits.test.prefix($0.value) } ?? splits.test
    let report = try Device.$current.withValue(device) { try evaluate(file, on: test) }
    if json {
      try printResult(String(decoding: try compactJSON(report), as: UTF8.self))
    } else {
      try printResult(
        "test loss \(TextFormat.fixed(report.testLoss, decimals: 3)), "
          + "test acc \(TextFormat.fixed(report.testAccuracy, decimals: 3)) on \(report.examples) images "
          + "in \(TextFormat.fixed(report.seconds, decimals: 1)) s")
    }
  }

  private func evaluate(_ file: WeightsFile, on test: any LabeledImages) throws -> Report {
    let known = try file.card.preprocessing?.value
    let chosen = try model.choice.resolve(
      card: file.networkCard, inputChannels: known?.inputChannels ?? test.channels, numClasses: test.numClasses)
    let preprocessing = preprocessing(known, chosen, channels: test.channels)
    let net = DenseNet(chosen.configuration)
    let side = preprocessing.fixedInputSize.map { max($0.height, $0.width) } ?? chosen.imageSide
    try MemoryRequirement(images: min(batchSize.value, test.count), side: side)
      .require(for: net, training: false, batches: 4, device: .current)
    try file.load(into: net)
    Interrupts.watch()
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    progress.begin("testing", total: test.count)
    let began = ContinuousClock.now
    let batches = BatchLoader(
      test, preprocessing: preprocessing, batchSize: batchSize.value, order: Array(0..<test.count))
    var metrics = Metrics()
    while let batch = try batches.next() {
      let logits = views.tta.logits(batch.images) { net.forward($0, mode: .inference) }
      let result = CrossEntropyLoss()(logits, batch.labels)
      metrics.add(loss: result.loss, correct: result.correct, count: batch.count)
      progress.update(completed: metrics.examples)
      if Interrupts.requested { break }
    }
    progress.finish()
    if Interrupts.requested { throw Interruption(description: "interrupted after \(metrics.examples) images") }
    guard metrics.loss.isFinite else {
      throw Failure(
        .invalidData,
        "\(weights.text): the loss on the test images is not finite; use weights from before training diverged")
    }
    return Report(
      testAccuracy: metrics.accuracy, testLoss: metrics.loss, examples: metrics.examples,
      seconds: (ContinuousClock.now - began).inSeconds)
  }

  /// What the weights say, else the whole image squashed, and in any case the size of `--resize`.
  private func preprocessing(_ known: Preprocessing?, _ chosen: ChosenModel, channels: Int) -> Preprocessing {
    var result = known ?? .squashed(channels: channels, size: chosen.imageSide)
    if let side = data.resize?.value {
      (result.resize, result.crop) = (.exact(height: side, width: side), nil)
    }
    return result
  }
}
