import DenseNets
import Testing

@testable import DenseNetData

@Suite struct CutMixTests {
  private static func cutmix(_ alpha: Double = 1, mixup: Double = 0, switching: Double = 0.5) -> Augmentation {
    var result = Augmentation()
    (result.cutmix, result.mixup, result.mixupSwitchProb) = (alpha, mixup, switching)
    return result
  }

  /// A box of images of 10 rows and 8 columns.
  struct Box: Sendable {
    let share: Double
    let y: Int
    let x: Int
    let rows: Range<Int>
    let columns: Range<Int>

    init(_ share: Double, _ y: Int, _ x: Int, _ rows: Range<Int>, _ columns: Range<Int>) {
      (self.share, self.y, self.x, self.rows, self.columns) = (share, y, x, rows, columns)
    }
  }

  /// By hand: half of each side is cut for λ = 3/4, all for 0, and nothing where a half is less than a pixel.
  private static let boxes = [
    Box(0.75, 5, 4, 3..<7, 2..<6), Box(0.75, 0, 0, 0..<2, 0..<2), Box(0.75, 9, 7, 7..<10, 5..<8),
    Box(0.75, 9, 4, 7..<10, 2..<6), Box(0, 5, 4, 0..<10, 0..<8), Box(0, 0, 0, 0..<5, 0..<4),
    Box(1, 5, 4, 5..<5, 4..<4), Box(0.98, 5, 4, 5..<5, 4..<4),
  ]

  @Test func boxesAreTimms() throws {
    for expected in Self.boxes {
      let found = BatchMixing.box(share: expected.share, center: (expected.y, expected.x), height: 10, width: 8)
      #expect(found.rows == expected.rows)
      #expect(found.columns == expected.columns)
      let (down, right) = ((Double(expected.y) + 0.5) / 10, (Double(expected.x) + 0.5) / 8)
      let mixing = BatchMixing(way: .paste(down: down, right: right), share: expected.share)
      let box = try #require(mixing.box(height: 10, width: 8))
      #expect(box.rows == expected.rows)
      #expect(box.columns == expected.columns)
      let area = expected.rows.count * expected.columns.count
      let own = Double(80 - area) / 80
      #expect(abs(mixing.ownShare(height: 10, width: 8) - own) < 1e-12)
    }
  }

  /// Mean and variance of the pasted area against its definition: over all centres, and for α = 1 all shares alike.
  @Test func areasAreDistributedAsTheDefinitionSays() throws {
    let (height, width, fine) = (28, 20, 4_000)
    /// Of the share that is left of a side, and of its square, over all centres.
    func means(_ side: Int, _ ratio: Double) -> (first: Double, second: Double) {
      let half = Int(Double(side) * ratio) / 2
      var (first, second) = (0.0, 0.0)
      for center in 0..<side {
        let share = Double(min(side, center + half) - max(0, center - half)) / Double(side)
        first += share / Double(side)
        second += share * share / Double(side)
      }
      return (first, second)
    }
    var (mean, square) = (0.0, 0.0)
    for n in 0..<fine {
      let ratio = ((Double(n) + 0.5) / Double(fine)).squareRoot()
      let (rows, columns) = (means(height, ratio), means(width, ratio))
      mean += rows.first * columns.first / Double(fine)
      square += rows.second * columns.second / Double(fine)
    }
    let expected: Double = square - mean * mean
    let count = 20_000.0
    var (sum, squares) = (0.0, 0.0)
    for batch in 0..<Int(count) {
      let mixing = try #require(Self.cutmix().mixing(seed: 3, epoch: 2, batch: batch))
      let area: Double = 1 - mixing.ownShare(height: height, width: width)
      sum += area
      squares += area * area
    }
    let found: Double = sum / count
    let variance: Double = squares / count - found * found
    // Clipping takes much of the area away: it is no rounding.
    #expect(mean > 0.25 && mean < 0.4)
    let error: Double = (expected / count).squareRoot()
    #expect(abs(found - mean) < 4 * error)
    #expect(abs(variance - expected) < 0.003)
  }

  @Test(arguments: [0.0, 0.3, 1.0]) func batchesSwitchBetweenBothWays(_ probability: Double) {
    let both = Self.cutmix(1, mixup: 0.4, switching: probability)
    let ways = both.mixings(epoch: 1)
    let pasted = ways.filter { $0.way != .blend }.count
    let wanted = Int(4_000 * probability)
    #expect(ways.count == 4_000 && abs(pasted - wanted) < 120)
    #expect(probability == 0.3 || pasted == wanted)
    // Batches that blend do it as with mixup alone.
    for (batch, way) in ways.enumerated() where way.way == .blend {
      #expect(way == Self.cutmix(0, mixup: 0.4).mixing(seed: 5, epoch: 1, batch: batch))
    }
    #expect(ways == both.mixings(epoch: 1) && ways != both.mixings(epoch: 2))
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
          let expected: Float = (c == a ? own : 0) + (c == b ? 1 - own : 0)
          let found: Float = mixed.targets?.values[3 * n + c] ?? (c == a ? 1 : 0)
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
      let targets: [Float] = parts.flatMap { $0.targets?.values ?? [] }
      #expect(parts.flatMap(\.images.values) == batch.images.values)
      #expect(parts.flatMap(\.labels) == batch.labels)
      #expect(targets == batch.targets?.values ?? [])
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
        let a: Double = value < 0 ? 0 : share
        let b: Double = other < 0 ? 0 : 1 - share
        #expect(abs(Double(mask[i]) - (a + b)) < 1e-6)
        let wanted: Double = a + b > 0 ? (a * Double(value) + b * Double(other)) / (a + b) : 0
        #expect(abs(Double(targets[i]) - wanted) < 1e-6)
      }
      if share > 0, share < 1 { mixed += 1 }
    }
    #expect(mixed > 10)
  }
}

extension Augmentation {
  fileprivate func mixings(epoch: Int) -> [BatchMixing] {
    (0..<4_000).compactMap { mixing(seed: 5, epoch: epoch, batch: $0) }
  }
}
