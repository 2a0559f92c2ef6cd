import DenseNets
import Foundation

/// Batches that several threads make together, image by image, and that come out in order.
///
/// A batch is begun when fewer than ``ahead`` batches are being made or wait to be taken, so that memory is bounded
/// whatever the number of threads. Which thread makes which image is left to chance, and does not matter.
///
/// `@unchecked Sendable`: every stored variable is read and written under the condition's lock alone.
final class BatchPipeline: @unchecked Sendable {
  private let assembler: BatchAssembler
  private let plan: BatchPlan
  private let batchCount: Int
  private let ahead: Int
  private let condition = NSCondition()
  /// Batches that are being made, by number.
  private var open: [Int: OpenBatch] = [:]
  private var ready: [Int: Result<LabeledBatch, Failure>] = [:]
  /// The next batch to begin, and the next to be taken.
  private var nextToBegin: Int
  private var nextToTake: Int
  private var workers = 0
  private var isCancelled = false
  private var waited = 0.0
  private var problem: Failure?

  /// Images that a thread makes before it looks again what is to be done.
  private static let portion = 4

  private struct OpenBatch {
    let batch: BatchPlan.Batch
    /// The first of its images that no thread has taken.
    var next: Int
    var missing: Int
    var images: [DecodedImage?]
    /// The first image's that failed.
    var failure: (place: Int, Failure)?
  }

  private struct Portion {
    let batch: BatchPlan.Batch
    let places: Range<Int>
  }

  /// - Parameter first: the number of the first batch to make.
  init(_ assembler: BatchAssembler, _ plan: BatchPlan, first: Int, ahead: Int) {
    (self.assembler, self.plan, self.ahead) = (assembler, plan, ahead)
    batchCount = plan.count
    (nextToBegin, nextToTake) = (first, first)
  }

  /// Starts the threads, which end with the last batch or when the pipeline is cancelled. Where the system starts fewer,
  /// these do the work; where it starts none, ``pop()`` says so.
  func start(threads: Int) {
    for number in 1...threads {
      condition.withLock { workers += 1 }
      do throws(Failure) {
        try BackgroundThread.start(stack: 8 << 20) {
          Thread.current.name = "densenet loader \(number)"
          self.work()
        }
      } catch {
        condition.withLock {
          workers -= 1
          if number > 1 { return }
          problem = error
          stop()
        }
        return
      }
    }
  }

  private func work() {
    var preparation = ImagePreparation(assembler.preprocessing)
    while let portion = nextPortion() {
      var images: [DecodedImage] = []
      var failure: (place: Int, Failure)?
      for place in portion.places {
        do throws(Failure) {
          images.append(try assembler.image(at: portion.batch.indices[place], preparation: &preparation))
        } catch {
          failure = (place, error)
          break
        }
      }
      guard let complete = add(images, failure, to: portion) else { continue }
      finish(complete)
    }
    condition.withLock {
      workers -= 1
      condition.broadcast()
    }
  }

  /// The next piece of work for a thread, once there is one; nil where nothing is left.
  private func nextPortion() -> Portion? {
    condition.withLock {
      while !isCancelled {
        if let number = open.filter({ $0.value.next < $0.value.images.count }).keys.min() {
          let begin = open[number]!.next
          let end = min(begin + Self.portion, open[number]!.images.count)
          open[number]!.next = end
          return Portion(batch: open[number]!.batch, places: begin..<end)
        }
        if nextToBegin == batchCount { return nil }
        if nextToBegin - nextToTake < ahead {
          let batch = plan.batch(nextToBegin, mixes: assembler.mixing(ofBatch: nextToBegin) != nil)
          open[nextToBegin] = OpenBatch(
            batch: batch, next: 0, missing: batch.indices.count,
            images: [DecodedImage?](repeating: nil, count: batch.indices.count))
          nextToBegin += 1
        } else {
          condition.wait()
        }
      }
      return nil
    }
  }

  /// Puts images into their batch; returns the batch where they were the last ones missing.
  private func add(_ images: [DecodedImage], _ failure: (place: Int, Failure)?, to portion: Portion) -> OpenBatch? {
    condition.withLock {
      let number = portion.batch.number
      guard open[number] != nil else { return nil }
      for (n, image) in images.enumerated() { open[number]!.images[portion.places.lowerBound + n] = image }
      if let failure, failure.place < open[number]!.failure?.place ?? .max { open[number]!.failure = failure }
      open[number]!.missing -= portion.places.count
      return open[number]!.missing == 0 ? open.removeValue(forKey: number) : nil
    }
  }

  private func finish(_ complete: OpenBatch) {
    let result: Result<LabeledBatch, Failure>
    if let failure = complete.failure {
      result = .failure(failure.1)
    } else {
      result = Result { () throws(Failure) in
        try assembler.batch(complete.images.map { $0! }, of: complete.batch)
      }
    }
    condition.withLock {
      if !isCancelled { ready[complete.batch.number] = result }
      condition.broadcast()
    }
  }

  /// The next batch, once it is ready; nil after the last one, and after a cancellation.
  /// - Throws: why a batch could not be made, and again at every call after it.
  func pop() throws(Failure) -> LabeledBatch? {
    try condition.withLock { () -> Result<LabeledBatch?, Failure> in
      func mustWait() -> Bool { ready[nextToTake] == nil && !isCancelled && nextToTake < batchCount }
      if mustWait() {
        let clock = ContinuousClock()
        let start = clock.now
        while mustWait() { condition.wait() }
        waited += (clock.now - start) / .seconds(1)
      }
      if let problem { return .failure(problem) }
      guard let result = ready.removeValue(forKey: nextToTake) else { return .success(nil) }
      nextToTake += 1
      condition.broadcast()
      if case .failure(let failure) = result {
        problem = failure
        stop()
      }
      return result.map { $0 }
    }.get()
  }

  /// Nobody takes any more batches.
  func cancel() { condition.withLock { stop() } }

  private func stop() {
    isCancelled = true
    open = [:]
    ready = [:]
    condition.broadcast()
  }

  /// How long ``pop()`` has waited in total, in seconds.
  var secondsWaited: Double { condition.withLock { waited } }
  /// The batches that wait to be taken.
  var readyCount: Int { condition.withLock { ready.count } }
  /// Whether every thread has ended.
  var hasEnded: Bool { condition.withLock { workers == 0 } }
}
