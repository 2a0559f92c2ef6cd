public import DenseNets
import Foundation

/// Images that go through a network together, and those that were left out on the way to them.
public struct ImageBatch: Sendable {
  /// `[N, C, H, W]`, normalised; nil where every image was left out.
  public let images: Tensor?
  /// Of each image, its position among the loader's paths.
  public let indices: [Int]
  public let skipped: [SkippedImage]
  /// The shapes of the images, as they were decoded.
  package let shapes: ImageShapes

  /// The images that this batch accounts for, skipped ones included.
  public var count: Int { indices.count + skipped.count }
}

/// Decodes and prepares images on a background thread, a batch ahead, so that a network does not wait for them.
///
/// A batch holds images of one size; they are in the order of their paths. No more than the images of three batches
/// are in memory, as the network sees them, and one as it was decoded. The thread ends with the last batch, and when
/// the loader is released.
public final class ImageLoader: Sendable, Sequence, IteratorProtocol {
  private let queue: PrefetchQueue<ImageBatch>

  /// Starts to prepare the first batches.
  /// - Parameters:
  ///   - paths: files, each an image; one that is not is skipped.
  ///   - batchSize: images per batch, at most.
  ///   - minimumSide: images whose height or width, prepared, is less are skipped: the network cannot take them.
  /// - Throws: `Failure(.inputOutput)` where the system starts no thread.
  public init(
    _ paths: [String], preprocessing: Preprocessing, batchSize: Int, minimumSide: Int = 1
  ) throws(Failure) {
    precondition(batchSize > 0, "a batch needs at least one image, found a batch size of \(batchSize)")
    let queue = PrefetchQueue<ImageBatch>(capacity: 1)
    self.queue = queue
    try BackgroundThread.start(stack: 8 << 20) {
      Thread.current.name = "densenet images"
      defer { queue.finish() }
      var pending = PendingBatch(preprocessing: preprocessing)
      for (index, path) in paths.enumerated() {
        do {
          let decoded = try DecodedImage(contentsOf: path)
          let image = try preprocessing.image(decoded, atLeast: minimumSide)
          if !pending.fits(image), !queue.push(pending.taken()) { return }
          pending.add(image, index, of: decoded)
        } catch {
          pending.skip(path, error)
        }
        if pending.count >= batchSize, !queue.push(pending.taken()) { return }
      }
      if pending.count > 0 { _ = queue.push(pending.taken()) }
    }
  }

  deinit { queue.cancel() }

  /// The next batch, once it is ready; nil after the last one.
  public func next() -> ImageBatch? { queue.pop() }
}

/// A batch that is being filled.
private struct PendingBatch {
  let preprocessing: Preprocessing
  private var images: [DecodedImage] = []
  private var indices: [Int] = []
  private var skipped: [SkippedImage] = []
  private var shapes = ImageShapes()

  init(preprocessing: Preprocessing) { self.preprocessing = preprocessing }

  var count: Int { images.count + skipped.count }

  func fits(_ image: DecodedImage) -> Bool {
    images.first.map { ($0.height, $0.width) == (image.height, image.width) } ?? true
  }

  mutating func add(_ image: DecodedImage, _ index: Int, of decoded: DecodedImage) {
    images.append(image)
    shapes.add(decoded)
    indices.append(index)
  }

  mutating func skip(_ path: String, _ error: any Error) {
    let failure = error as? Failure ?? Failure(.internalError, "\(path): \(error)")
    let named = failure.description.hasPrefix(printable(path))
    skipped.append(
      SkippedImage(
        file: path, failure: named ? failure : Failure(failure.kind, "\(path): \(failure.description)")))
  }

  mutating func taken() -> ImageBatch {
    defer { self = PendingBatch(preprocessing: preprocessing) }
    return ImageBatch(
      images: images.isEmpty ? nil : preprocessing.batch(images), indices: indices, skipped: skipped, shapes: shapes)
  }
}

extension Preprocessing {
  /// ``image(_:)`` for a network that takes no image whose sides are less than `side`.
  package func image(_ image: DecodedImage, atLeast side: Int) throws(Failure) -> DecodedImage {
    let input = inputSize(height: image.height, width: image.width)
    guard min(input.height, input.width) >= side else {
      throw Failure(
        .invalidData,
        "expected at least \(side)x\(side) pixels for this network, found \(input.height)x\(input.width); use a larger image"
      )
    }
    return try self.image(image)
  }
}
