public import DenseNetData
import DenseNetIO
public import DenseNets
import Foundation

/// Measures a network's loss and accuracy on test images.
///
/// ```swift
/// let network = try LoadedNetwork(weights: "model.safetensors")
/// let result = try EvaluationTask(network).run(on: .folder("flowers"))
/// print(result.accuracy, result.loss)
/// ```
public struct EvaluationTask {
  public let network: LoadedNetwork
  /// The height and width of the network's input in pixels; nil: what the weights say.
  public var side: Int?
  /// The first images alone; of a user's own, the same share of each class; nil: all.
  public var limit: Int?
  /// Which of a user's own images are evaluated. Nil: those for testing, else for validation, where they come in parts;
  /// else all.
  public var part: EvaluationPart?
  /// Decides which of a user's own images ``limit`` takes.
  public var splitSeed: UInt64 = 0
  /// Whether the result has ``EvaluationResult/predictions``, for a report.
  public var keepsPredictions = false
  /// Images per batch, at most: larger batches than ``largestBatch`` are no faster.
  public var batchSize = EvaluationTask.largestBatch
  public var views = TestTimeAugmentation.none
  /// For several labels: the probability from which on an image is said to have one; nil: those of the weights.
  public var threshold: Double?
  /// For several labels: what -1 means in their columns, where the table's own do not say it; nil: as in training.
  public var uncertain: TableColumns.Uncertain?
  public var device = Device.current
  public var monitor = TaskMonitor()
  /// Told of each image that is left out, when that is found.
  public var onSkipped: (SkippedImage) -> Void = { _ in }

  public static let largestBatch = 64

  public init(_ network: LoadedNetwork) { self.network = network }

  /// Evaluates on images that all can be read.
  /// - Throws: `Failure` where the images do not suit the network, or one cannot be read; ``TaskInterruption`` where
  ///   the monitor stops the work.
  public func run(on images: any LabeledImages) throws -> EvaluationResult {
    try validate()
    let test = limit.map { images.prefix($0) } ?? images
    guard network.configuration.numClasses == test.numClasses else {
      throw Failure(
        .invalidData,
        "\(network.source): expected a network for the \(test.numClasses) classes of \(test.name), found one for \(network.configuration.numClasses); choose other weights"
      )
    }
    try requireKind(of: test)
    if test.labelMatrix == nil { try requireNoThreshold() }
    let preprocessing = resized(try network.preprocessing(for: test))
    let size = min(batchSize, test.count, Self.largestBatch)
    let side = preprocessing.fixedInputSize.map { max($0.height, $0.width) } ?? network.chosen.imageSide
    try MemoryRequirement(images: size, side: side)
      .require(for: network.net, training: false, batches: 4, device: device)
    let batches = BatchLoader(test, preprocessing: preprocessing, batchSize: size, order: Array(0..<test.count))
    var place = 0
    var result = try measure(total: test.count, of: test) {
      try batches.next().map { batch in
        defer { place += batch.count }
        return Batch(
          images: batch.images, labels: batch.labels.map(Int.init), places: Array(place..<place + batch.count),
          skipped: [])
      }
    }
    result.classNames = test.classNames
    return try checked(result, "the test images")
  }

  /// Evaluates on a user's own images: those of a folder `test` or `val`, or a table's rows of these, else all, or those
  /// of ``part``. Images that cannot be read are left out; images that the weights were trained on are warned of.
  /// - Parameter rule: how images are split that do not come in parts: then ``part`` is that for testing if it is nil. Nil:
  ///   as the weights say, where ``part`` is given.
  /// - Throws: `Failure` where classes do not agree, or images do not suit the network; ``TaskInterruption`` where the
  ///   monitor stops the work.
  public func run(on source: ImageSource, rule: SplitRule? = nil) throws -> EvaluationResult {
    try validate()
    let plan = try EvaluationPlan(source, of: network, part: part, rule: rule, uncertain: uncertain)
    if let labeled = try labeledImages(plan) { return try runOnLabels(labeled, plan) }
    try requireNoThreshold()
    let images = try EvaluationImages(
      plan.source, classNames: network.card.classNames == nil ? nil : network.classNames(), part: part,
      rule: plan.rule)
    for note in images.notes { monitor.warning(note) }
    let classes = network.configuration.numClasses
    guard images.classNames.count == classes else {
      let isFolder = source == .folder(source.path)
      throw Failure(
        .invalidData,
        "\(images.path): expected \(classes) class\(isFolder ? " folders" : "es"), one per class of the weights, which name none, found \(images.classNames.count); add or remove some"
      )
    }
    noteOrder(of: images.classNames, in: images.path)
    let examples = limited(images, classes: classes)
    let preprocessing = resized(try network.preprocessing())
    let size = min(batchSize, examples.count, Self.largestBatch)
    try network.requireSize(of: preprocessing, images: size, device: device)
    plan.warn(about: examples.map(\.path), monitor)
    for image in images.skipped { onSkipped(image) }
    let batches = try ImageLoader(
      examples.map(\.path), preprocessing: preprocessing, batchSize: size, minimumSide: network.net.minimumSize)
    var result = try measure(total: examples.count) {
      batches.next().map { batch in
        Batch(
          images: batch.images, labels: batch.indices.map { examples[$0].label }, places: batch.indices,
          skipped: batch.skipped, shapes: batch.shapes, files: batch.indices.map { examples[$0] })
      }
    }
    monitor.note(result.shapes, preprocessing)
    result.skipped.insert(contentsOf: images.skipped, at: 0)
    (result.classNames, result.part) = (images.classNames, part)
    guard result.examples > 0 else {
      throw Failure(
        .invalidData, "\(images.path): none of \(result.skipped.count) images can be read; name a folder of images")
    }
    return try checked(result, "the images")
  }

  private func validate() throws(Failure) {
    try Failure.requirePositive(batchSize, "batchSize")
    try Failure.requirePositive(limit, "testLimit")
    try Failure.requirePositive(side, "imageSize")
  }

  /// Images that go through the network together, and those that were left out before them.
  struct Batch {
    /// `[N, C, H, W]`.
    let images: Tensor?
    /// Empty where images have several labels.
    let labels: [Int]
    /// Of each image, its position in the dataset.
    let places: [Int]
    let skipped: [SkippedImage]
    var shapes = ImageShapes()
    /// Where the images are in files.
    var files: [ImageFolder.Example]?
  }

  /// Says which output each class is taken for, where the weights do not.
  func noteOrder(of names: [String], in path: String) {
    guard network.card.classNames == nil, names.count > 1 else { return }
    monitor.note(
      "\(network.source): the weights do not name their classes; their outputs are taken for those of \(path) in sorted order: \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : ""); name them in a file if training had another order",
      settings: ["classNames"])
  }

  /// - Throws: `Failure(.usage)` where a threshold is given, and images have one class each.
  private func requireNoThreshold() throws(Failure) {
    guard threshold != nil else { return }
    throw Failure(
      .usage, "threshold: applies to images with several labels, found weights for one class per image; leave it out",
      settings: ["threshold"])
  }

  private func limited(_ images: EvaluationImages, classes: Int) -> [ImageFolder.Example] {
    let examples = images.examples
    guard let limit, limit < examples.count else { return examples }
    let labels = examples.map { Int32($0.label) }
    let kept = StratifiedChoice(labels: labels, classes: classes, seed: splitSeed).indices(limit).map { examples[$0] }
    func counts(_ examples: [ImageFolder.Example]) -> (Int, [Int]) {
      var counts = [Int](repeating: 0, count: classes)
      for example in examples { counts[example.label] += 1 }
      return (examples.count, counts)
    }
    if let line = LimitWarning.text(images.path, counts(kept), of: counts(examples), names: images.classNames) {
      monitor.warning(line)
    }
    return kept
  }

  /// - Parameter labeled: the images, where they have several labels.
  func measure(
    total: Int, of labeled: (any LabeledImages)? = nil, _ next: () throws -> Batch?
  ) throws -> EvaluationResult {
    let began = ContinuousClock.now
    let predictor = try network.predictor(device: device)
    var result = EvaluationResult()
    var labels = try labeled.flatMap { try LabelMeasurement($0, thresholds: thresholds()) }
    var done = 0
    monitor.stageBegins(.init("testing", total: total))
    while let batch = try next() {
      for image in batch.skipped { onSkipped(image) }
      result.skipped += batch.skipped
      result.shapes.add(batch.shapes)
      if let images = batch.images {
        let activation: OutputActivation = labels == nil ? .softmax : .sigmoid
        let logits = try views.logits(images, activation: activation) { try predictor.logits($0) }
        if labels == nil {
          if keepsPredictions { result.keep(logits, labels: batch.labels, files: batch.files) }
          result.add(logits, labels: batch.labels)
        } else {
          labels?.add(logits, batch.places)
        }
      }
      done += batch.places.count + batch.skipped.count
      monitor.advanced(done)
      if monitor.shouldStop() {
        monitor.stageEnds()
        throw TaskInterruption("interrupted after \(done) images")
      }
    }
    monitor.stageEnds()
    result.finish(seconds: (ContinuousClock.now - began).inSeconds)
    labels?.finish(&result)
    return result
  }

  func checked(_ result: EvaluationResult, _ images: String) throws -> EvaluationResult {
    guard result.examples == 0 || result.loss.isFinite else {
      throw Failure(
        .invalidData,
        "\(network.source): the loss on \(images) is not finite; use weights from before training diverged")
    }
    return result
  }

  /// In any case of the size of ``side``.
  func resized(_ preprocessing: Preprocessing) -> Preprocessing {
    var result = preprocessing
    if let side { (result.resize, result.crop, result.fill) = (.exact(height: side, width: side), nil, nil) }
    return result
  }
}
