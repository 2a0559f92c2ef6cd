import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets

// Images with several labels each.

extension EvaluationTask {
  /// One per label.
  func thresholds() throws -> [Double] {
    if let threshold { return [Double](repeating: threshold, count: network.configuration.numClasses) }
    return try network.thresholds()
  }

  /// - Throws: `Failure(.invalidData)` where the weights are for several labels, and the images are not.
  func requireKind(of images: any LabeledImages) throws(Failure) {
    guard network.activation == .sigmoid, images.labelMatrix == nil else { return }
    throw Failure(
      .invalidData,
      "\(network.source): expected images with several labels, for which these weights are, found one class per image in \(images.name); name a table and its columns of labels",
      settings: ["labelColumns", "labelSeparator"])
  }

  /// The test images of a table with several labels, these in the network's order; nil for others. Where the columns of
  /// labels are not named, they are those that the weights name.
  /// - Throws: `Failure(.invalidData)` where the weights are for several labels, and the images are not.
  func labeledImages(_ plan: EvaluationPlan) throws -> LabeledImageFiles? {
    let expected =
      "\(network.source): expected a table of images with labels, each of them present or not, as these weights give a probability for each"
    guard case .table(let path, let columns) = plan.source else {
      guard network.activation == .sigmoid else { return nil }
      throw Failure(
        .invalidData, "\(expected), found a folder; name a table and its columns of labels",
        settings: ["dataset", "labelColumns"])
    }
    guard columns.hasSeveralLabels else {
      guard network.activation == .sigmoid else { return nil }
      throw Failure(
        .invalidData, "\(expected), found one class per image in \(path); name its columns of labels",
        settings: ["labelColumns", "labelSeparator"])
    }
    try requireIndependentOutputs()
    if let policy = plan.uncertain {
      monitor.note("labels of -1 are read as in training: \(policy.rawValue)", settings: ["uncertain"])
    }
    let source = plan.source
    let images: LabeledImageFiles
    if let rule = plan.rule {
      let splits = try source.splits(rule)
      for warning in splits.warnings { monitor.warning(warning) }
      images = try EvaluationImages.images(source, part ?? .test, splits)
    } else {
      images = try source.testImages()
    }
    let stated = network.card.classNames == nil ? nil : try network.classNames()
    if columns.separator != nil { noteOrder(of: images.classNames, in: source.path) }
    return try images.arranged(stated ?? images.classNames, fillsAbsent: columns.separator != nil, source: path)
  }

  /// Whether the outputs are probabilities of labels by themselves: not where the weights say otherwise.
  private func requireIndependentOutputs() throws(Failure) {
    if network.activation == .sigmoid { return }
    guard network.card.activation == nil else {
      throw Failure(
        .invalidData,
        "\(network.source): expected weights for images with several labels, found weights for one class per image; choose other weights, or name the table's column of classes",
        settings: ["labelColumn"])
    }
    monitor.warning(
      "\(network.source): the weights do not say that an image may have several labels; each output is read as the logit of a label by itself, which is wrong for a network trained for one class per image"
    )
  }

  func runOnLabels(_ found: LabeledImageFiles, _ plan: EvaluationPlan) throws -> EvaluationResult {
    let images = limit.map { found.limited(to: $0, seed: splitSeed) } ?? found
    if let line = LimitWarning.text(images, of: found) { monitor.warning(line) }
    plan.warn(about: images.paths, monitor)
    guard images.numClasses == network.configuration.numClasses else {
      throw Failure(
        .invalidData,
        "\(network.source): expected a network for the \(images.numClasses) labels of \(images.name), found one for \(network.configuration.numClasses); name its columns of labels",
        settings: ["labelColumns"])
    }
    let unknown = images.labelMatrix.map { $0.values.count(where: { $0 < 0 }) } ?? 0
    if unknown > 0 { monitor.note("\(TextFormat.thousands(unknown)) unknown labels are left out of the results") }
    let preprocessing = resized(try network.preprocessing())
    let size = min(batchSize, images.count, Self.largestBatch)
    try network.requireSize(of: preprocessing, images: size, device: device)
    let batches = try ImageLoader(
      images.paths, preprocessing: preprocessing, batchSize: size, minimumSide: network.net.minimumSize)
    var result = try measure(total: images.count, of: images) {
      batches.next().map {
        Batch(images: $0.images, labels: [], places: $0.indices, skipped: $0.skipped, shapes: $0.shapes)
      }
    }
    monitor.note(result.shapes, preprocessing)
    (result.classNames, result.part) = (images.classNames, part)
    guard result.examples > 0 else {
      throw Failure(
        .invalidData, "\(images.name): none of \(result.skipped.count) images can be read; check the table's paths",
        settings: ["pathColumn"])
    }
    return try checked(result, "the images")
  }
}

/// What is measured of images with several labels.
struct LabelMeasurement {
  private let names: [String]
  private let matrix: LabelMatrix
  private let files: [String]?
  private let thresholds: [Double]
  private var places: [Int] = []
  private var probabilities: [Double] = []
  private var metrics = Metrics()

  /// Nil where images have one class each.
  init?(_ images: any LabeledImages, thresholds: [Double]) {
    guard let matrix = images.labelMatrix else { return nil }
    (self.matrix, names, files, self.thresholds) = (matrix, images.classNames, images.files, thresholds)
  }

  /// - Parameters:
  ///   - logits: `[N, labels]`.
  ///   - added: each image's position in the dataset.
  mutating func add(_ logits: Tensor, _ added: [Int]) {
    let values = matrix.selecting(added).values
    let targets = Tensor(shape: logits.shape, values: values.map { $0 == 1 ? 1 : 0 })
    let mask = Tensor(shape: logits.shape, values: values.map { $0 < 0 ? 0 : 1 })
    metrics.add(BinaryCrossEntropyLoss()(logits, targets, mask: mask), count: added.count)
    places += added
    probabilities += logits.sigmoidRows().joined()
  }

  func finish(_ result: inout EvaluationResult) {
    result.examples = places.count
    (result.accuracy, result.loss, result.top5Accuracy) = (metrics.accuracy, metrics.loss, .nan)
    guard !places.isEmpty, !probabilities.contains(where: \.isNaN) else { return }
    result.labels = MultiLabelEvaluation(
      labelNames: names, probabilities: probabilities, values: matrix.selecting(places).values,
      thresholds: thresholds, indices: places, files: files.map { files in places.map { files[$0] } })
  }
}
