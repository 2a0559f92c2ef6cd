public import DenseNetData
import DenseNetIO
public import DenseNets
import Foundation

/// Makes weights of bytes, by images of the kind that a network is for. They need no labels.
///
/// ```swift
/// let task = QuantizationTask(try LoadedNetwork(weights: "flowers.safetensors"))
/// let result = try task.run(on: ImageFiles(["photos"]))
/// try task.write(result, to: "flowers-int8.safetensors")
/// ```
public struct QuantizationTask {
  public let network: LoadedNetwork
  /// Images, at most; of more, some from everywhere among them.
  public var images = 300
  /// Images per batch.
  public var batchSize = 16
  /// Computes in fp32.
  public var device = Device.current
  public var monitor = TaskMonitor()
  /// Told of each image that is left out, when that is found.
  public var onSkipped: (SkippedImage) -> Void = { _ in }

  /// - Throws: `Failure(.invalidData)` where the weights are quantized already.
  public init(_ network: LoadedNetwork) throws(Failure) {
    guard network.quantization == nil else {
      throw Failure(
        .invalidData,
        "\(network.source): expected weights of numbers, found quantized ones; name those that they were made from")
    }
    self.network = network
  }

  /// By image files, and those in folders.
  /// - Throws: `Failure` where no image can be read, or they do not suit the network; ``TaskInterruption`` where the
  ///   monitor stops the work.
  public func run(on files: ImageFiles) throws -> QuantizationResult {
    if files.paths.isEmpty, let first = files.skipped.first { throw first.failure }
    for image in files.skipped { onSkipped(image) }
    let preprocessing = try network.preprocessing()
    let paths = try chosen(of: files.paths.count).map { files.paths[$0] }
    try network.requireSize(of: preprocessing, images: min(batchSize, max(paths.count, 1)), device: device)
    let batches = try ImageLoader(
      paths, preprocessing: preprocessing, batchSize: batchSize, minimumSide: network.net.minimumSize)
    let result = try calibrate(total: paths.count, skipped: files.skipped) {
      batches.next().map { batch in (batch.images, batch.count, batch.skipped) }
    }
    guard let result else {
      throw Failure(
        .invalidData, "calibration: expected at least one image, found none that can be read; name a folder of images",
        settings: ["calibration"])
    }
    return result
  }

  /// By images of a dataset.
  /// - Throws: as ``run(on:)-(ImageFiles)``.
  public func run(on images: any LabeledImages) throws -> QuantizationResult {
    let preprocessing = try network.preprocessing(for: images)
    let order = try chosen(of: images.count)
    let side = preprocessing.fixedInputSize.map { max($0.height, $0.width) } ?? network.chosen.imageSide
    try MemoryRequirement(images: min(batchSize, max(order.count, 1)), side: side)
      .require(for: network.net, training: false, batches: 4, device: device)
    let batches = BatchLoader(images, preprocessing: preprocessing, batchSize: batchSize, order: order)
    guard let result = try calibrate(total: order.count, { try batches.next().map { ($0.images, $0.count, []) } })
    else {
      throw Failure(.invalidData, "\(images.name): expected at least one image, found none", settings: ["calibration"])
    }
    return result
  }

  /// Writes the weights with their quantization, whole or not at all.
  /// - Parameter path: a safetensors file.
  public func write(_ result: QuantizationResult, to path: String) throws {
    var file = WeightsFile(stateOf: network.net, metadata: network.metadata)
    var card = network.card
    if card.model == nil { card.model = network.chosen.name }
    if card.configuration == nil { card.configuration = CardEntry(network.configuration) }
    (file.card, file.quantization) = (card, result.quantization)
    try file.write(to: URL(fileURLWithPath: path))
  }

  /// Positions of as many as are wanted, evenly among all.
  private func chosen(of count: Int) throws(Failure) -> [Int] {
    try Failure.requirePositive(images, "images")
    try Failure.requirePositive(batchSize, "batchSize")
    let wanted = min(images, count)
    return (0..<wanted).map { $0 * count / wanted }
  }

  private typealias Batch = (images: Tensor?, count: Int, skipped: [SkippedImage])

  /// Nil where there is no image.
  private func calibrate(
    total: Int, skipped: [SkippedImage] = [], _ next: () throws -> Batch?
  ) throws -> QuantizationResult? {
    let calibrator = try QuantizationCalibrator(network.net, device: device)
    var (done, left, kept) = (0, skipped, [Tensor]())
    monitor.stageBegins(.init("calibrating", total: total))
    while let batch = try next() {
      for image in batch.skipped { onSkipped(image) }
      left += batch.skipped
      if let images = batch.images {
        try calibrator.observe(images)
        if kept.reduce(0, { $0 + $1.shape[0] }) < QuantizationResult.comparedImages { kept.append(images) }
      }
      done += batch.count
      monitor.advanced(done)
      if monitor.shouldStop() {
        monitor.stageEnds()
        throw TaskInterruption("interrupted after \(done) images")
      }
    }
    monitor.stageEnds()
    guard calibrator.images > 0 else { return nil }
    let quantization = calibrator.quantization()
    let result = try QuantizationResult(
      quantization, images: calibrator.images, skipped: left, of: network, comparedOn: kept, device: device)
    if result.cosine < Self.poorCosine {
      monitor.warning(
        "the answers of bytes differ much from those of numbers (their logits' cosine is \(String(format: "%.2f", result.cosine))): the weights have values that bytes cannot hold together, or the images are of another kind"
      )
    }
    return result
  }

  /// Sound networks are at 0.99 and above.
  private static let poorCosine = 0.9
}

/// Weights of bytes, and how close their network comes to that of the numbers.
public struct QuantizationResult {
  public let quantization: Quantization
  /// Images that were calibrated by.
  public let images: Int
  public let skipped: [SkippedImage]
  /// The mean cosine of the angle between both networks' logits of an image, on some of the images.
  public let cosine: Double
  /// How many of these have the same most probable class; where images have several labels, how many of all labels they
  /// are said to have by the one as by the other.
  public let agreement: Double
  /// Whether images have several labels.
  let hasSeveralLabels: Bool

  static let comparedImages = 64

  init(
    _ quantization: Quantization, images: Int, skipped: [SkippedImage], of network: LoadedNetwork,
    comparedOn batches: [Tensor], device: Device
  ) throws {
    let net = network.net
    (self.quantization, self.images, self.skipped) = (quantization, images, skipped)
    let (exact, rounded) = (
      Predictor(net, device: device), try Predictor(net, quantization: quantization, device: device)
    )
    // As logits, which are 0 where the probability is a half.
    let thresholds =
      network.activation == .sigmoid ? try network.thresholds().map { Float(log($0 / (1 - $0))) } : nil
    var (cosines, same, count, decisions) = (0.0, 0, 0, 0)
    for batch in batches {
      let (wanted, found) = (try exact.logits(batch), try rounded.logits(batch))
      guard wanted.isFinite, found.isFinite else {
        throw Failure(
          .invalidData, "\(network.source): the logits are not finite; check the weights and the normalisation",
          settings: ["mean", "std"])
      }
      for (a, b) in zip(wanted.rows, found.rows) {
        cosines += Self.cosine(a, b)
        count += 1
        if let thresholds {
          same += a.indices.count { (a[$0] >= thresholds[$0]) == (b[$0] >= thresholds[$0]) }
          decisions += a.count
        } else {
          same += a.indices.max { a[$0] < a[$1] } == b.indices.max { b[$0] < b[$1] } ? 1 : 0
          decisions += 1
        }
      }
    }
    (cosine, agreement) = (cosines / Double(count), Double(same) / Double(decisions))
    hasSeveralLabels = thresholds != nil
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ x: [Float], _ y: [Float]) -> Double { zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    let length = (dot(a, a) * dot(b, b)).squareRoot()
    return length > 0 ? dot(a, b) / length : 1
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var rows: [[Float]] {
    (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
  }
}

/// What was quantized, as JSON or a line.
package struct QuantizationReport: Encodable {
  let from: String
  let to: String
  let model: String
  let images: Int
  let layers: Int
  let bytes: Int
  let cosine: Double
  let agreement: Double
  private let hasSeveralLabels: Bool

  private enum CodingKeys: String, CodingKey {
    case from, to, model, images, layers, bytes, cosine, agreement
  }

  package init(_ result: QuantizationResult, of network: LoadedNetwork, to: String) {
    (from, self.to, model) = (network.source, to, network.chosen.name)
    (images, layers) = (result.images, result.quantization.convolutions.count)
    bytes = (try? FileManager.default.attributesOfItem(atPath: to)[.size] as? Int) ?? 0
    (cosine, agreement, hasSeveralLabels) = (result.cosine, result.agreement, result.hasSeveralLabels)
  }

  package var line: String {
    let percent = String(format: "%.1f", 100 * agreement)
    return
      "\(to): \(layers) layers of bytes, calibrated by \(images) images; logits' cosine with those of \(from) \(String(format: "%.5f", cosine)), the same \(hasSeveralLabels ? "labels in" : "class for") \(percent)%"
  }
}
