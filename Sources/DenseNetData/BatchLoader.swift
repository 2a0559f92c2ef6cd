public import DenseNets
import Foundation

/// Prepares batches on a background thread, two ahead, so that training does not wait for them.
///
/// A loader passes over its images once. Its thread ends with the last batch, after ``cancel()``, and when the loader
/// is released. The last batch holds what is left, so it may be smaller.
public final class BatchLoader: Sendable, Sequence, IteratorProtocol {
  /// The number of batches in all.
  public let batchCount: Int
  let queue: PrefetchQueue<LabeledBatch>

  /// Starts to prepare the first batches.
  /// - Parameters:
  ///   - dataset: the images.
  ///   - size: the height and width to which images are resized, as Pillow does it; nil leaves them as they are.
  ///   - batchSize: the images of a batch.
  ///   - order: the indices of the images, in the order in which they come; not every image need be named.
  /// - Precondition: `batchSize` and `size` are positive, and every index is one of the dataset's.
  public init(dataset: ImageDataset, size: Int?, batchSize: Int, order: [Int]) {
    precondition(batchSize > 0, "a batch needs at least one image, found a batch size of \(batchSize)")
    precondition(order.allSatisfy { (0..<dataset.count).contains($0) }, "indices must be in 0..<\(dataset.count)")
    batchCount = (order.count + batchSize - 1) / batchSize
    let queue = PrefetchQueue<LabeledBatch>(capacity: 2)
    self.queue = queue
    let assembler = BatchAssembler(dataset: dataset, size: size)
    let thread = Thread {
      defer { queue.finish() }
      for start in stride(from: 0, to: order.count, by: batchSize) {
        let batch = assembler.batch(order[start...].prefix(batchSize))
        if !queue.push(batch) { return }
      }
    }
    thread.name = "densenet-loader"
    thread.start()
  }

  deinit { queue.cancel() }

  /// The next batch, once it is ready; nil after the last one. Any thread may call.
  public func next() -> LabeledBatch? { queue.pop() }

  /// Ends the background thread; batches that were ready are dropped, and ``next()`` gives nil from now on.
  public func cancel() { queue.cancel() }

  /// How long ``next()`` has waited for batches in all, in seconds.
  public var secondsWaited: Double { queue.secondsWaited }
}
