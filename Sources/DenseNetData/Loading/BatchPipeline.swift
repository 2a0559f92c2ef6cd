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
  private let order: [Int]
  private let batchSize: Int
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
    /// The batch's places in the order.
    let places: Range<Int>
    /// The first place that no thread has taken.
    var next: Int
    var missing: Int
    var images: [DecodedImage?]
    /// The first place's that failed.
    var failure: (place: Int, Failure)?
  }

  private struct Portion {
    let batch: Int
    let places: Range<Int>
  }

  /// - Parameter first: the number of the first batch to make.
  init(_ assembler: BatchAssembler, order: [Int], batchSize: Int, first: Int, ahead: Int) {
    (self.assembler, self.order, self.batchSize, self.ahead) = (assembler, order, batchSize, ahead)
    batchCount = (order.count + batchSize - 1) / batchSize
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
          images.append(try assembler.image(at: order[place], preparation: &preparation))
        } catch {
          failure = (place, error)
          break
        }
      }
      guard let complete = add(images, failure, to: portion) else { continue }
      finish(portion.batch, complete)
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
        if let number = open.filter({ $0.value.next < $0.value.places.upperBound }).keys.min() {
          let places = open[number]!.places
          let begin = open[number]!.next
          let end = min(begin + Self.portion, places.upperBound)
          open[number]!.next = end
          return Portion(batch: number, places: begin..<end)
        }
        if nextToBegin == batchCount { return nil }
        if nextToBegin - nextToTake < ahead {
          let places = nextToBegin * batchSize..<min((nextToBegin + 1) * batchSize, order.count)
          open[nextToBegin] = OpenBatch(
            places: places, next: places.lowerBound, missing: places.count,
            images: [DecodedImage?](repeating: nil, count: places.count))
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
      guard open[portion.batch] != nil else { return nil }
      let offset = portion.places.lowerBound - open[portion.batch]!.places.lowerBound
      for (n, image) in images.enumerated() { open[portion.batch]!.images[offset + n] = image }
      if let failure, failure.place < open[portion.batch]!.failure?.place ?? .max {
        open[portion.batch]!.failure = failure
      }
      open[portion.batch]!.missing -= portion.places.count
      return open[portion.batch]!.missing == 0 ? open.removeValue(forKey: portion.batch) : nil
    }
  }

  private func finish(_ number: Int, _ batch: OpenBatch) {
    let result: Result<LabeledBatch, Failure>
    if let failure = batch.failure {
      result = .failure(failure.1)
    } else {
      result = Result { () throws(Failure) in
        try assembler.batch(batch.images.map { $0! }, indices: order[batch.places], number: number)
      }
    }
    condition.withLock {
      if !isCancelled { ready[number] = result }
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
