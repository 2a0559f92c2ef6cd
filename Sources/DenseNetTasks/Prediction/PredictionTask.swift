public import DenseNetData
import DenseNetIO
public import DenseNets
import Foundation

/// Classifies the images of files and folders, and makes heat maps and features of them, all in one pass.
///
/// ```swift
/// var task = PredictionTask(try ImageClassifier(network))
/// task.top = 3
/// for image in try task.run(["photos"]).images { print(image.file, image.classes[0].name) }
/// ```
public struct PredictionTask {
  public let classifier: ImageClassifier
  /// How many classes of each image are in the result.
  public var top = 5
  /// Images per batch.
  public var batchSize = 16
  /// Whether the result has ``PredictionResult/features``.
  public var makesFeatures = false
  /// Gets a heat map of each image's most probable class; where images have several labels, of each that an image is said
  /// to have, or of the most probable where it has none.
  public var heatMaps: HeatMapWriter?
  public var monitor = TaskMonitor()
  /// Told of each image that is left out, when that is found.
  public var onSkipped: (SkippedImage) -> Void = { _ in }

  public init(_ classifier: ImageClassifier) { self.classifier = classifier }

  /// - Parameter paths: image files, and folders of them, nested ones too. What cannot be read is left out.
  /// - Throws: `Failure` where a heat map cannot be written or the weights give values that are not finite;
  ///   ``TaskInterruption`` where the monitor stops the work.
  public func run(_ paths: [String]) throws -> PredictionResult { try run(ImageFiles(paths)) }

  /// - Parameter files: to classify, in their order.
  public func run(_ files: ImageFiles) throws -> PredictionResult {
    try Failure.requirePositive(batchSize, "batchSize")
    var result = PredictionResult()
    result.skipped = files.skipped
    for image in files.skipped { onSkipped(image) }
    var outputs: Predictor.Outputs = []
    if makesFeatures { outputs.insert(.features) }
    if heatMaps != nil { outputs.insert(.activations) }
    monitor.stageBegins(.init("predicting", total: files.paths.count))
    var (done, features): (Int, [Tensor]) = (0, [])
    var shapes = ImageShapes()
    let batches = try ImageLoader(
      files.paths, preprocessing: classifier.preprocessing, batchSize: batchSize, minimumSide: classifier.minimumSide)
    for batch in batches {
      for image in batch.skipped { onSkipped(image) }
      result.skipped += batch.skipped
      shapes.add(batch.shapes)
      if let images = batch.images {
        let names = batch.indices.map { files.paths[$0] }
        let (classes, output) = try classifier.classify(images, top: max(top, 1), names: names, outputs: outputs)
        result.images += zip(names, classes).map { PredictionResult.Image(file: PathText.readable($0), classes: $1) }
        if let values = output?.features { features.append(values) }
        if let heatMaps, let activations = output?.activations {
          try heatMaps.write(
            names, classes: classes.map { explained($0, heatMaps) }, activations: activations,
            predictor: classifier.predictor,
            monitor: monitor)
        }
      }
      done += batch.count
      monitor.advanced(done)
      if monitor.shouldStop() {
        monitor.stageEnds()
        throw TaskInterruption("interrupted after \(done) images")
      }
    }
    monitor.stageEnds()
    monitor.note(shapes, classifier.preprocessing)
    if !features.isEmpty { result.features = Tensor.concatenated(features, axis: 0) }
    return result
  }
}

extension PredictionTask {
  /// What of an image is explained by heat maps.
  private func explained(_ classes: [ClassProbability], _ maps: HeatMapWriter) -> [HeatMapWriter.Explained] {
    let said = classes.filter { $0.decision == true }
    guard classes.count > 1, !said.isEmpty, !maps.isFile else { return [(classes[0].index, nil)] }
    return said.map { ($0.index, $0.name) }
  }
}

/// What a ``PredictionTask`` found, and what it left out.
public struct PredictionResult: Sendable {
  /// What an image shows.
  public struct Image: Sendable, Equatable {
    public let file: String
    /// The most probable first.
    public let classes: [ClassProbability]
  }

  public internal(set) var images: [Image] = []
  public internal(set) var skipped: [SkippedImage] = []
  /// What the classifier sees of each image: `[N, channels]`. Nil where that was not wanted, or there is no image.
  public internal(set) var features: Tensor?

  /// Writes a tensor `features` `[N, channels]`, and in the metadata the files as a JSON array.
  /// - Returns: whether there are any.
  public func writeFeatures(to path: String) throws -> Bool {
    guard let features else { return false }
    let names = String(decoding: try compactJSON(images.map(\.file)), as: UTF8.self)
    try WeightsFile(
      tensors: [NamedTensor(name: "features", tensor: features)], metadata: ["files": names], source: path
    ).write(to: URL(fileURLWithPath: path))
    return true
  }
}
