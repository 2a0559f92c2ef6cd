import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct BatchLoaderTests {
  private func dataset(count: Int, height: Int = 2, width: Int = 3, channels: Int = 1) -> ImageDataset {
    ImageDataset(
      name: "test", classNames: (0..<5).map { "\($0)" }, height: height, width: width, channels: channels,
      pixels: ResizeCase.pixels(count * height * width * channels, seed: 5),
      labels: (0..<count).map { Int32($0 % 5) })
  }

  @Test func everyPixelIsDividedBy255() throws {
    let data = ImageDataset(
      name: "all", classNames: ["0"], height: 16, width: 16, channels: 1, pixels: (0...255).map { UInt8($0) },
      labels: [0])
    let batch = try BatchLoader(dataset: data, size: nil, batchSize: 1, order: [0]).next()
    #expect(batch?.images.shape == [1, 1, 16, 16])
    #expect(batch?.images.values == (0...255).map { Float($0) / 255 })
  }

  @Test func followsTheOrderAndKeepsThePartialBatch() throws {
    let data = dataset(count: 11, channels: 3)
    let order = [10, 3, 3, 0, 7, 9, 1]
    let loader = BatchLoader(dataset: data, size: nil, batchSize: 3, order: order)
    #expect(loader.batchCount == 3)
    let batches = try loader.all()
    #expect(batches.map(\.images.shape) == [[3, 3, 2, 3], [3, 3, 2, 3], [1, 3, 2, 3]])
    #expect(batches.flatMap(\.labels) == order.map { data.labels[$0] })
    // Channels first, as the tensor shows its values.
    let expected = order.flatMap { n in
      (0..<3).flatMap { c in (0..<6).map { Float(data.pixels[n * 18 + $0 * 3 + c]) / 255 } }
    }
    #expect(batches.flatMap(\.images.values) == expected)
    #expect(try loader.next() == nil)
  }

  @Test func resizesAsPillowDoes() throws {
    let data = dataset(count: 4, height: 28, width: 20)
    let batch = try BatchLoader(dataset: data, size: 33, batchSize: 4, order: [0, 1, 2, 3]).next()
    let resized = PillowResize(from: (28, 20), to: (33, 33), channels: 1)(data.pixels)
    #expect(batch?.images.shape == [4, 1, 33, 33])
    #expect(batch?.images.values == resized.map { Float($0) / 255 })
  }

  @Test func nothingToLoad() throws {
    let loader = BatchLoader(dataset: dataset(count: 3), size: nil, batchSize: 2, order: [])
    #expect(loader.batchCount == 0)
    #expect(try loader.next() == nil)
  }

  @Test func staysTwoAhead() async throws {
    let loader = BatchLoader(dataset: dataset(count: 100), size: nil, batchSize: 1, order: Array(0..<100))
    try await waitUntil { loader.pipeline.readyCount == 2 }
    try await Task.sleep(for: .milliseconds(20))
    #expect(loader.pipeline.readyCount == 2)
    #expect(!loader.pipeline.hasEnded)
    #expect(try loader.all().count == 100)
    try await waitUntil { loader.pipeline.hasEnded }
  }

  @Test func abandonedLoaderStopsItsThread() async throws {
    var loader: BatchLoader? = BatchLoader(
      dataset: dataset(count: 100), size: nil, batchSize: 1, order: Array(0..<100))
    let pipeline = try #require(loader?.pipeline)
    _ = try loader?.next()
    #expect(!pipeline.hasEnded)
    loader = nil
    try await waitUntil { pipeline.hasEnded }
  }

  @Test func cancelEndsTheBatches() async throws {
    let loader = BatchLoader(dataset: dataset(count: 100), size: nil, batchSize: 1, order: Array(0..<100))
    _ = try loader.next()
    loader.cancel()
    #expect(try loader.next() == nil)
    try await waitUntil { loader.pipeline.hasEnded }
  }

  @Test func manyConsumersShareTheBatches() async throws {
    let loader = BatchLoader(dataset: dataset(count: 500), size: 9, batchSize: 2, order: Array(0..<500))
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<3 {
        group.addTask {
          var count = 0
          while let batch = try loader.next() { count += batch.labels.count }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(counts == 500)
  }

  @Test func countsTheSecondsThatItsConsumerWaits() throws {
    let loader = BatchLoader(
      dataset: dataset(count: 64, height: 28, width: 28), size: 224, batchSize: 64, order: Array(0..<64))
    #expect(loader.secondsWaited == 0)
    _ = try loader.next()
    #expect(loader.secondsWaited < 10)
    let queue = PrefetchQueue<Int>(capacity: 1)
    Thread {
      Thread.sleep(forTimeInterval: 0.05)
      _ = queue.push(1)
    }.start()
    #expect(queue.pop() == 1)
    #expect(queue.secondsWaited > 0.02)
  }

  @Test func prefixTakesTheFirst() {
    let data = dataset(count: 7)
    #expect(data.prefix(3).labels == [0, 1, 2])
    #expect(data.prefix(3).pixels == Array(data.pixels[..<18]))
    #expect(data.prefix(9).count == 7)
    #expect(data.prefix(0).count == 0)
  }

  @Test func isFast() throws {
    let data = dataset(count: 2560, height: 28, width: 28)
    var cropAndFlip = Augmentation()
    (cropAndFlip.cropPadding, cropAndFlip.horizontalFlip) = (4, 0.5)
    for (name, augmentation) in [("plain", Augmentation.none), ("crop and flip", cropAndFlip)] {
      let clock = ContinuousClock()
      let time = try clock.measure {
        let loader = BatchLoader(
          data, preprocessing: .squashed(channels: 1, size: 96), augmentation: augmentation, batchSize: 256,
          order: Array(0..<2560), threads: 1)
        while try loader.next() != nil {}
      }
      let rate = 2560 / (time / .seconds(1))
      print("batches of 28x28 to 96x96, \(name), on one thread: \(Int(rate)) images/s")
      #expect(rate > 100)
    }
  }
}

/// Waits for another thread, at most ten seconds.
func waitUntil(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
  for _ in 0..<2_000 {
    if condition() { return }
    try await Task.sleep(for: .milliseconds(5))
  }
  Issue.record("waited for ten seconds in vain", sourceLocation: sourceLocation)
}

extension BatchLoader {
  /// The batches that are left.
  func all() throws -> [LabeledBatch] {
    var batches: [LabeledBatch] = []
    while let batch = try next() { batches.append(batch) }
    return batches
  }
}
