public import DenseNets
import Foundation

/// Prepares batches on background threads, two ahead, so that training does not wait for them.
///
/// A loader passes over its images once. Its threads end with the last batch, after ``cancel()``, and when the loader
/// is released. The last batch holds what is left, so it may be smaller. Batches are the same to the bit for any number
/// of threads. No more than the images of two batches are in memory in addition to the one that the caller holds, and
/// of files one decoded image per thread.
public final class BatchLoader: BatchSource, BatchIterator, Sendable {
  /// The number of batches of the whole order.
  public let batchCount: Int
  let pipeline: BatchPipeline

  /// Starts to prepare the first batches.
  /// - Parameters:
  ///   - images: the images and their classes.
  ///   - preprocessing: what makes the network's input of an image; it gives all images one size.
  ///   - augmentation: how the images are varied at random; `.none` for evaluation.
  ///   - batchSize: images per batch.
  ///   - order: the indices of the images, in the order in which they come; not every image need be named.
  ///   - epoch: together with `seed` and an image's index decides how it is varied.
  ///   - firstBatch: batches that are skipped, without any work, to resume in the middle of an epoch.
  ///   - replica: makes the part of each batch that is for this rank, as ``EpochOrder/shard(_:of:order:batchSize:)``, of
  ///     images that are varied as in the whole batch. Of an empty part comes another image, marked as such; nil: whole
  ///     batches.
  ///   - threads: how many prepare; nil: one per core, at most 8.
  /// - Precondition: `batchSize` and `threads` are positive, every index is one of the images', `firstBatch` is at most
  ///   the number of batches, and the augmentation is valid.
  public init(
    _ images: any LabeledImages, preprocessing: Preprocessing, augmentation: Augmentation = .none, batchSize: Int,
    order: [Int], epoch: Int = 0, seed: UInt64 = 0, firstBatch: Int = 0,
    replica: (rank: Int, count: Int)? = nil, threads: Int? = nil
  ) {
    precondition(batchSize > 0, "a batch needs at least one image, found a batch size of \(batchSize)")
    precondition(order.allSatisfy { (0..<images.count).contains($0) }, "indices must be in 0..<\(images.count)")
    precondition((try? augmentation.validate()) != nil, "an augmentation must make sense, found \(augmentation)")
    let threads = threads ?? Swift.min(ProcessInfo.processInfo.activeProcessorCount, 8)
    precondition(threads > 0, "a loader needs at least one thread, found \(threads)")
    precondition(replica.map { (0..<$0.count).contains($0.rank) } ?? true, "a rank must be below the number of ranks")
    let plan = BatchPlan(order: order, batchSize: batchSize, replica: replica)
    batchCount = plan.count
    precondition((0...batchCount).contains(firstBatch), "the first batch must be in 0...\(batchCount)")
    let assembler = BatchAssembler(
      source: images, preprocessing: preprocessing, augmentation: augmentation, seed: seed, epoch: epoch)
    pipeline = BatchPipeline(assembler, plan, first: firstBatch, ahead: 2)
    pipeline.start(threads: threads)
  }

  /// The chapter's batches: whole images, squashed to a square as Pillow does it, in values of 0…1.
  /// - Parameter size: the height and width to which images are resized; nil leaves their size unchanged.
  public convenience init(dataset: any LabeledImages, size: Int?, batchSize: Int, order: [Int]) {
    var preprocessing = Preprocessing.squashed(channels: dataset.channels, size: size ?? 1)
    if size == nil { preprocessing.resize = .none }
    self.init(dataset, preprocessing: preprocessing, batchSize: batchSize, order: order)
  }

  deinit { pipeline.cancel() }

  /// The next batch, once it is ready; nil after the last one. Any thread may call.
  /// - Throws: why batches end early: an image cannot be read. Every later call throws the same.
  public func next() throws(Failure) -> LabeledBatch? { try pipeline.pop() }

  /// Ends the background threads; batches that were ready are dropped, and ``next()`` returns nil from now on.
  public func cancel() { pipeline.cancel() }

  /// How long ``next()`` has waited for batches in total, in seconds.
  public var secondsWaited: Double { pipeline.secondsWaited }
}
