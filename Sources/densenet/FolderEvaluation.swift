import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// `densenet evaluate --dataset folder:DIR` or `csv:FILE`: loss and accuracy on a user's own images.
struct FolderEvaluation {
  /// Larger batches are no faster, and take memory.
  private static let largestBatch = 64

  let network: LoadedNetwork
  let preprocessing: Preprocessing
  let images: EvaluationImages
  /// The first of them count.
  let examples: ArraySlice<ImageFolder.Example>
  let device: Device
  let batchSize: Int
  let views: TestTimeAugmentation
  let quiet: Bool

  struct Report: Encodable {
    var testAccuracy = 0.0
    /// How often the class is among the five most probable.
    var top5Accuracy = 0.0
    var testLoss = 0.0
    var examples = 0
    /// Wall-clock time of the evaluation.
    var seconds = 0.0
    var skipped: [PredictionReport.Skipped] = []

    private enum CodingKeys: String, CodingKey {
      // The strategy for keys would write top5Accuracy.
      case testAccuracy, testLoss, examples, seconds, skipped
      case top5Accuracy = "top5_accuracy"
    }
  }

  /// - Parameters:
  ///   - source: where the images are.
  ///   - rule: finds the part that was left for testing; nil: see ``EvaluationImages``.
  ///   - side: the height and width of the network's input; nil: what the weights say.
  ///   - limit: of images; nil: all.
  /// - Throws: ``Failure`` where folders and classes do not agree, or images do not suit the network.
  init(
    source: ImageSource, rule: SplitRule?, network: LoadedNetwork, side: Int?, limit: Int?, device: Device,
    batchSize: Int, views: TestTimeAugmentation, quiet: Bool
  ) throws {
    self.network = network
    self.device = device
    self.views = views
    self.quiet = quiet
    let classes = network.configuration.numClasses
    images = try EvaluationImages(
      source, classNames: network.card.classNames == nil ? nil : network.classNames(), rule: rule)
    let isFolder = source == .folder(source.path)
    guard images.classNames.count == classes else {
      throw Failure(
        .invalidData,
        "\(images.path): expected \(classes) class\(isFolder ? " folders" : "es") as the weights have classes, and no names for them, found \(images.classNames.count); add or remove some"
      )
    }
    examples = images.examples.prefix(limit ?? images.examples.count)
    var preprocessing = try network.preprocessing()
    if let side {
      preprocessing.resize = .exact(height: side, width: side)
      preprocessing.crop = nil
    }
    self.preprocessing = preprocessing
    self.batchSize = min(batchSize, examples.count, Self.largestBatch)
    try network.requireSize(of: preprocessing, images: self.batchSize, device: device)
  }

  func run(json: Bool) throws {
    var leftOut = LeftOutImages()
    var report = Report()
    let began = ContinuousClock.now
    Interrupts.watch()
    for skipped in images.skipped { leave(skipped, &report, &leftOut) }
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    progress.begin("testing", total: examples.count)
    let predictor = Predictor(network.net, device: device)
    let batches = ImageLoader(
      examples.map(\.path), preprocessing: preprocessing, batchSize: batchSize, minimumSide: network.net.minimumSize)
    var done = 0
    for batch in batches {
      for skipped in batch.skipped { leave(skipped, &report, &leftOut) }
      if let images = batch.images {
        let logits = try views.logits(images) { try predictor.logits($0) }
        for (row, index) in batch.indices.enumerated() {
          report.add(logits.values[row * logits.shape[1]..<(row + 1) * logits.shape[1]], label: examples[index].label)
        }
      }
      done += batch.count
      progress.update(completed: done)
      if Interrupts.requested { throw Interruption(description: "interrupted after \(done) images") }
    }
    progress.finish()
    guard report.examples > 0 else {
      throw Failure(
        .invalidData, "\(images.path): none of \(report.skipped.count) images can be read; name a folder of images")
    }
    report.finish(seconds: (ContinuousClock.now - began).inSeconds)
    guard report.testLoss.isFinite else {
      throw Failure(
        .invalidData,
        "\(network.source): the loss on the images is not finite; use weights from before training diverged")
    }
    try printResult(json ? String(decoding: try compactJSON(report), as: UTF8.self) : line(report))
    try leftOut.throwIfAny(of: report.examples + report.skipped.count)
  }

  private func leave(_ image: SkippedImage, _ report: inout Report, _ leftOut: inout LeftOutImages) {
    leftOut.report(image)
    report.skipped.append(.init(file: image.file, reason: image.reason))
  }

  private func line(_ report: Report) -> String {
    "test loss \(TextFormat.fixed(report.testLoss, decimals: 3)), "
      + "test acc \(TextFormat.fixed(report.testAccuracy, decimals: 3)), "
      + "top-5 acc \(TextFormat.fixed(report.top5Accuracy, decimals: 3)) on \(report.examples) images "
      + "in \(TextFormat.fixed(report.seconds, decimals: 1)) s"
  }
}

extension FolderEvaluation.Report {
  /// Counts one image; averages are sums until ``finish(seconds:)``.
  fileprivate mutating func add(_ logits: ArraySlice<Float>, label: Int) {
    let values = logits.map(Double.init)
    let (own, greatest) = (values[label], values.max()!)
    testLoss += log(values.reduce(0) { $0 + exp($1 - greatest) }) + greatest - own
    // Of equal ones, the first wins.
    let better = values.indices.count { values[$0] > own || (values[$0] == own && $0 < label) }
    if better == 0 { testAccuracy += 1 }
    if better < 5 { top5Accuracy += 1 }
    examples += 1
  }

  fileprivate mutating func finish(seconds: Double) {
    let count = Double(max(examples, 1))
    (testLoss, testAccuracy, top5Accuracy) = (testLoss / count, testAccuracy / count, top5Accuracy / count)
    self.seconds = seconds
  }
}
