import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Images that are made when they are asked for, and may fail.
struct MadeImages: LabeledImages {
  var name = "made"
  var classNames = ["a", "b", "c"]
  var labels: [Int32]
  var channels = 3
  var side = 12
  var failing: Set<Int> = []
  var fingerprint: String { "made" }

  init(count: Int) { labels = (0..<count).map { Int32($0 % 3) } }

  func image(at index: Int) throws(Failure) -> DecodedImage {
    if failing.contains(index) { throw Failure(.invalidData, "image \(index): is damaged") }
    return DecodedImage(
      width: side, height: side, channels: channels,
      pixels: ResizeCase.pixels(side * side * channels, seed: UInt32(index + 1)))
  }

  func selecting(_ indices: [Int]) -> MadeImages {
    var result = self
    result.labels = indices.map { labels[$0] }
    return result
  }
}

extension Augmentation {
  /// Every operation at once.
  static var everything: Augmentation {
    var all = Augmentation()
    (all.cropPadding, all.horizontalFlip, all.verticalFlip, all.rotation) = (2, 0.5, 0.5, 20)
    (all.randomResizedCrop, all.randomErasing, all.cutout, all.mixup) = (0.3, 0.5, 3, 0.4)
    all.cutmix = 0.7
    all.colorJitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
    return all
  }
}

@Suite struct AugmentedLoaderTests {
  private let images = MadeImages(count: 23)
  private let preprocessing = try! Preprocessing(
    inputChannels: 3, resize: .exact(height: 10, width: 9), mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4])

  private func batches(
    _ augmentation: Augmentation = .everything, epoch: Int = 3, seed: UInt64 = 7, first: Int = 0, threads: Int = 2
  ) -> [LabeledBatch] {
    try! BatchLoader(
      images, preprocessing: preprocessing, augmentation: augmentation, batchSize: 5,
      order: EpochOrder.shuffled(count: 23, seed: 1, epoch: 0), epoch: epoch, seed: seed, firstBatch: first,
      threads: threads
    ).all()
  }

  private func expectEqual(_ a: [LabeledBatch], _ b: [LabeledBatch], sourceLocation: SourceLocation = #_sourceLocation)
  {
    #expect(a.map(\.images) == b.map(\.images), sourceLocation: sourceLocation)
    #expect(a.map(\.labels) == b.map(\.labels), sourceLocation: sourceLocation)
    #expect(a.map(\.targets) == b.map(\.targets), sourceLocation: sourceLocation)
  }

  @Test func threadsChangeNothing() {
    let one = batches(threads: 1)
    #expect(one.map(\.count) == [5, 5, 5, 5, 3])
    for threads in 2...4 { expectEqual(batches(threads: threads), one) }
    #expect(one[0].images != batches(seed: 8)[0].images)
    #expect(one[0].images != batches(epoch: 4)[0].images)
  }

  /// Two epochs show each image both ways.
  @Test func alternatingFlipsShowBothSides() {
    var flips = Augmentation()
    (flips.horizontalFlip, flips.alternatingFlip) = (0.5, true)
    let plain = batches(.none)
    let epochs = [batches(flips, epoch: 0), batches(flips, epoch: 1)]
    var turned = 0
    for (number, batch) in plain.enumerated() {
      let width = batch.images.shape[3]
      for image in 0..<batch.count {
        func row(_ x: Tensor, _ column: Int) -> [Float] {
          (0..<3).map { channel in x[image, channel, 0, column] }
        }
        let ways = epochs.map { epoch in
          (0..<width).allSatisfy { row(epoch[number].images, $0) == row(batch.images, $0) }
        }
        #expect(ways[0] != ways[1], "image \(image) of batch \(number)")
        turned += ways[0] ? 0 : 1
      }
    }
    #expect(turned > 3 && turned < 20)
  }

  @Test func goesOnInTheMiddleOfAnEpoch() {
    let whole = batches()
    for first in 0...5 { expectEqual(batches(first: first), Array(whole[first...])) }
  }

  @Test func aImagesVariantDependsOnNeitherOrderNorBatch() {
    var alone = Augmentation.everything
    (alone.mixup, alone.cutmix) = (0, 0)
    func image(of index: Int, order: [Int], batchSize: Int) -> [Float] {
      let loader = BatchLoader(
        images, preprocessing: preprocessing, augmentation: alone, batchSize: batchSize, order: order, epoch: 2,
        seed: 5
      )
      let images = try! loader.all().flatMap { batch in
        (0..<batch.count).map { n in Array(batch.images.values[n * 270..<(n + 1) * 270]) }
      }
      return images[order.firstIndex(of: index)!]
    }
    let order = Array(0..<23)
    for index in [0, 4, 22] {
      #expect(
        image(of: index, order: order, batchSize: 4) == image(of: index, order: order.reversed(), batchSize: 23))
    }
  }

  @Test func mixesEachBatchWithItsReverse() throws {
    var mixup = Augmentation()
    mixup.mixup = 0.8
    let (plain, mixed) = (batches(.none), batches(mixup))
    var shares: [Float] = []
    for (plain, mixed) in zip(plain, mixed) {
      let (count, targets) = (plain.count, try #require(mixed.targets))
      #expect(plain.targets == nil && targets.shape == [count, 3])
      // Where both halves of every pair are of one class, the batch says nothing of its share.
      guard let pair = (0..<count).first(where: { plain.labels[$0] != plain.labels[count - 1 - $0] }) else { continue }
      let part = targets.values[3 * pair + Int(plain.labels[pair])]
      shares.append(part)
      for n in 0..<count {
        let (own, other) = (Int(plain.labels[n]), Int(plain.labels[count - 1 - n]))
        #expect(mixed.labels[n] == Int32(part >= 0.5 ? own : other))
        for c in 0..<3 {
          let expected: Float = (c == own ? part : 0) + (c == other ? 1 - part : 0)
          #expect(abs(targets.values[3 * n + c] - expected) < 1e-6)
        }
        for i in 0..<270 {
          let (a, b) = (plain.images.values[270 * n + i], plain.images.values[270 * (count - 1 - n) + i])
          #expect(abs(mixed.images.values[270 * n + i] - (part * a + (1 - part) * b)) < 1e-5)
        }
      }
    }
    #expect(shares.count >= 3 && Set(shares).count == shares.count)
  }

  @Test func erasesAfterNormalisation() {
    var erasing = Augmentation()
    (erasing.randomErasing, erasing.cutout) = (1, 4)
    for (plain, erased) in zip(batches(.none), batches(erasing)) {
      let isChanged = zip(plain.images.values, erased.images.values).map { $0 != $1 }
      #expect(zip(erased.images.values, isChanged).allSatisfy { value, changed in !changed || value == 0 })
      #expect(isChanged.contains(true) && isChanged.contains(false))
    }
  }

  @Test func anImageThatFailsEndsTheBatchesBeforeIts() throws {
    var broken = images
    broken.failing = [11, 14, 21]
    for threads in 1...4 {
      let loader = BatchLoader(
        broken, preprocessing: preprocessing, batchSize: 5, order: Array(0..<23), threads: threads)
      #expect(try loader.next()?.count == 5 && loader.next()?.count == 5)
      for _ in 0..<2 {
        let failure = #expect(throws: Failure.self) { try loader.next() }
        #expect(failure?.description == "image 11: is damaged")
      }
    }
  }

  @Test func imagesOfSeveralSizesNeedOne() throws {
    let data = MadeImages(count: 3)
    var crop = Augmentation()
    crop.randomResizedCrop = 0.2
    let shorter = try! Preprocessing(inputChannels: 1, resize: .shorterSide(7))
    let loader = BatchLoader(data, preprocessing: shorter, augmentation: crop, batchSize: 3, order: [0, 1, 2])
    #expect(try loader.next()?.images.shape == [3, 1, 7, 7])
  }
}
