import DenseNets
import Testing

@testable import DenseNetData

@Suite struct CutMixTests {
  private static func cutmix(_ alpha: Double = 1, mixup: Double = 0, switching: Double = 0.5) -> Augmentation {
    var result = Augmentation()
    (result.cutmix, result.mixup, result.mixupSwitchProb) = (alpha, mixup, switching)
    return result
  }

  /// By hand, for images of 10 rows and 8 columns: half of each side is cut for λ = 3/4.
  @Test(arguments: [
    (0.75, 5, 4, 3..<7, 2..<6, 1 - 16.0 / 80), (0.75, 0, 0, 0..<2, 0..<2, 1 - 4.0 / 80),
    (0.75, 9, 7, 7..<10, 5..<8, 1 - 9.0 / 80), (0.75, 9, 4, 7..<10, 2..<6, 1 - 12.0 / 80),
    (0.0, 5, 4, 0..<10, 0..<8, 0), (0.0, 0, 0, 0..<5, 0..<4, 1 - 20.0 / 80), (1.0, 5, 4, 5..<5, 4..<4, 1),
    (0.98, 5, 4, 5..<5, 4..<4, 1),
  ])
  func boxesAreTimms(
    _ share: Double, _ y: Int, _ x: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ own: Double
  ) throws {
    let box = BatchMixing.box(share: share, center: (y, x), height: 10, width: 8)
    #expect(box.rows == rows && box.columns == columns)
    let mixing = BatchMixing(way: .paste(down: (Double(y) + 0.5) / 10, right: (Double(x) + 0.5) / 8), share: share)
    let same = try #require(mixing.box(height: 10, width: 8))
    #expect(same == box)
    #expect(abs(mixing.ownShare(height: 10, width: 8) - own) < 1e-12)
  }

  /// Mean and variance of the pasted area against its definition: over all centres, and for α = 1 all shares alike.
  @Test func areasAreDistributedAsTheDefinitionSays() {
    let (height, width, fine) = (28, 20, 4_000)
    /// Of the length that is left of a side, and of its square, over all centres.
    func means(_ side: Int, _ ratio: Double) -> (Double, Double) {
      let half = Int(Double(side) * ratio) / 2
      let lengths = (0..<side).map { Double(min(side, $0 + half) - max(0, $0 - half)) }
      return (lengths.reduce(0, +) / Double(side), lengths.reduce(0) { $0 + $1 * $1 } / Double(side))
    }
    var (mean, square) = (0.0, 0.0)
    for n in 0..<fine {
      let ratio = ((Double(n) + 0.5) / Double(fine)).squareRoot()
      let (h, w) = (means(height, ratio), means(width, ratio))
      mean += h.0 * w.0 / Double(height * width * fine)
      square += h.1 * w.1 / Double(height * height * width * width * fine)
    }
    let count = 20_000
    let areas = (0..<count).map {
      1 - Self.cutmix().mixing(seed: 3, epoch: 2, batch: $0)!.ownShare(height: height, width: width)
    }
    let found = areas.reduce(0, +) / Double(count)
    let variance = areas.reduce(0) { $0 + ($1 - found) * ($1 - found) } / Double(count)
    // Clipping takes about a third of the area away: it is no rounding.
    #expect(mean > 0.25 && mean < 0.4)
    #expect(abs(found - mean) < 4 * ((square - mean * mean) / Double(count)).squareRoot())
    #expect(abs(variance - (square - mean * mean)) < 0.003)
  }

  @Test(arguments: [0.0, 0.3, 1.0]) func batchesSwitchBetweenBothWays(_ probability: Double) {
    let both = Self.cutmix(1, mixup: 0.4, switching: probability)
    let ways = (0..<4_000).map { both.mixing(seed: 5, epoch: 1, batch: $0)! }
    let pasted = ways.filter { $0.way != .blend }
    #expect(abs(Double(pasted.count) - 4_000 * probability) < 120)
    #expect(probability == 0.3 || pasted.count == Int(4_000 * probability))
    // Batches that blend do it as with mixup alone.
    for (batch, way) in ways.enumerated() where way.way == .blend {
      #expect(way == Self.cutmix(0, mixup: 0.4).mixing(seed: 5, epoch: 1, batch: batch))
    }
    #expect(ways == (0..<4_000).map { both.mixing(seed: 5, epoch: 1, batch: $0)! })
    #expect(ways != (0..<4_000).map { both.mixing(seed: 5, epoch: 2, batch: $0)! })
  }

  private let images = MadeImages(count: 23)
  private let preprocessing = try! Preprocessing(inputChannels: 3, resize: .exact(height: 10, width: 9))

  private func batches(
    _ augmentation: Augmentation, first: Int = 0, replica: (Int, Int)? = nil, threads: Int = 2
  ) -> [LabeledBatch] {
    try! BatchLoader(
      images, preprocessing: preprocessing, augmentation: augmentation, batchSize: 5, order: Array((0..<23).reversed()),
      epoch: 3, seed: 11, firstBatch: first, replica: replica, threads: threads
    ).all()
  }

  /// Each pixel is the image's own or its partner's, in one box for the batch, and classes count by pixels.
  @Test func pastesABoxOfThePartner() throws {
    let (plain, mixed) = (batches(.none), batches(Self.cutmix(2)))
    var areas: Set<Int> = []
    for (number, (plain, mixed)) in zip(plain, mixed).enumerated() {
      let count = plain.count
      let mixing = try #require(Self.cutmix(2).mixing(seed: 11, epoch: 3, batch: number))
      let box = try #require(mixing.box(height: 10, width: 9))
      areas.insert(box.rows.count * box.columns.count)
      let own = Float(90 - box.rows.count * box.columns.count) / 90
      for n in 0..<count {
        let other = count - 1 - n
        for c in 0..<3 {
          for y in 0..<10 {
            for x in 0..<9 {
              let isPasted = box.rows.contains(y) && box.columns.contains(x)
              #expect(mixed.images[n, c, y, x] == plain.images[isPasted ? other : n, c, y, x])
            }
          }
          let (a, b) = (Int(plain.labels[n]), Int(plain.labels[other]))
          let expected = (c == a ? own : 0) + (c == b ? 1 - own : 0)
          let found = mixed.targets?.values[3 * n + c] ?? (c == a ? 1 : 0)
          #expect(abs(found - expected) < 1e-6)
        }
        #expect(mixed.labels[n] == plain.labels[own >= 0.5 ? n : other])
      }
    }
    #expect(areas.count >= 3)
  }

  @Test func neitherThreadsNorPartsNorResumingChangeAnything() throws {
    let both = Self.cutmix(1, mixup: 0.5)
    let whole = batches(both, threads: 1)
    func same(_ a: [LabeledBatch], _ b: [LabeledBatch]) -> Bool {
      a.map(\.images) == b.map(\.images) && a.map(\.labels) == b.map(\.labels) && a.map(\.targets) == b.map(\.targets)
    }
    for threads in 2...4 { #expect(same(batches(both, threads: threads), whole)) }
    for first in 0...5 { #expect(same(batches(both, first: first), Array(whole[first...]))) }
    let ranks = (0..<2).map { batches(both, replica: ($0, 2)) }
    for (number, batch) in whole.enumerated() {
      let parts = ranks.map { $0[number] }
      #expect(parts.flatMap(\.images.values) == batch.images.values)
      #expect(parts.flatMap(\.labels) == batch.labels)
      #expect(parts.flatMap { $0.targets?.values ?? [] } == batch.targets?.values ?? [])
    }
  }

  /// With several labels each image's known ones count by area.
  @Test func severalLabelsCountByArea() throws {
    let known = LabelMatrix(labels: 2, values: [1, -1, 0, 1, -1, -1, 1, 0])
    let images = LabeledImageFiles(
      name: "t", labelNames: ["a", "b"], root: "", paths: (0..<4).map { "\($0)" }, matrix: known)
    let assembler = BatchAssembler(
      source: images, preprocessing: .squashed(channels: 1, size: 12), augmentation: Self.cutmix(), seed: 5, epoch: 0)
    let pixels = (0..<4).map {
      DecodedImage(width: 12, height: 12, channels: 1, pixels: [UInt8](repeating: UInt8($0 * 60), count: 144))
    }
    var mixed = 0
    for number in 0..<20 {
      let batch = try assembler.batch(pixels, of: .init(number: number, indices: [0, 1, 2, 3], count: 4, part: nil))
      let own = batch.images.values.prefix(144).count { $0 == 0 }
      let share = Double(own) / 144
      let (targets, mask) = (try #require(batch.targets).values, try #require(batch.mask).values)
      for (i, value) in known.values.enumerated() {
        let other = known.values[(3 - i / 2) * 2 + i % 2]
        let (a, b) = (value < 0 ? 0 : share, other < 0 ? 0 : 1 - share)
        #expect(abs(Double(mask[i]) - (a + b)) < 1e-6)
        let wanted = a + b > 0 ? (a * Double(value) + b * Double(other)) / (a + b) : 0
        #expect(abs(Double(targets[i]) - wanted) < 1e-6)
      }
      if share > 0, share < 1 { mixed += 1 }
    }
    #expect(mixed > 10)
  }
}
