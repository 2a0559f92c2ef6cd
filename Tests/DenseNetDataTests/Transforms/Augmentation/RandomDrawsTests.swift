import DenseNets
import Testing

@testable import DenseNetData

@Suite struct RandomDrawsTests {
  private func draws(_ purpose: RandomDraws.Purpose = .image, seed: UInt64 = 1, epoch: Int = 0, number: Int = 0)
    -> RandomDraws
  { RandomDraws(seed: seed, purpose: purpose, epoch: epoch, number: number) }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count))
  }

  @Test func everyPartOfTheKeyCounts() {
    var firsts: Set<Double> = []
    for seed in 0..<4 as Range<UInt64> {
      for epoch in 0..<4 {
        for number in 0..<4 {
          for purpose in [RandomDraws.Purpose.image, .erasing, .mixup] {
            var one = draws(purpose, seed: seed, epoch: epoch, number: number)
            firsts.insert(one.uniform())
          }
        }
      }
    }
    #expect(firsts.count == 4 * 4 * 4 * 3)
  }

  /// The first number of each image is uniform too, not only each image's sequence.
  @Test func neighboursAreIndependent() {
    let firsts = (0..<20_000).map { n in
      var one = draws(number: n)
      return one.uniform()
    }
    let (mean, variance) = moments(firsts)
    #expect(abs(mean - 0.5) < 5 * 0.2887 / 20_000.0.squareRoot())
    #expect(abs(variance - 1 / 12.0) < 0.003)
    let products = moments(zip(firsts, firsts.dropFirst()).map { ($0 - 0.5) * ($1 - 0.5) })
    #expect(abs(products.mean) < 5 * (1 / 12.0) / 20_000.0.squareRoot())
  }

  /// Beta(α, α) has mean 1/2 and variance 1 / (4 (2α + 1)).
  @Test(arguments: [0.01, 0.2, 1, 4])
  func betaHasItsMoments(_ alpha: Double) {
    var draws = draws(.mixup)
    let values = (0..<40_000).map { _ in draws.beta(alpha) }
    #expect(values.allSatisfy { (0...1).contains($0) })
    let (mean, variance) = moments(values)
    let expected = 1 / (4 * (2 * alpha + 1))
    #expect(abs(mean - 0.5) < 5 * (expected / 40_000).squareRoot())
    #expect(abs(variance / expected - 1) < 0.03)
  }

  @Test func permutationsAreEquallyProbable() {
    var draws = draws()
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[draws.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 160 })
  }

  /// torchvision's own: shares of the area and shapes lie within their limits, and all corners are reached.
  @Test func randomPartsAreWithinTheirLimits() {
    let image = DecodedImage(width: 60, height: 40, channels: 1, pixels: [UInt8](repeating: 0, count: 2400))
    var draws = draws()
    var shares: [Double] = []
    var corners: Set<[Bool]> = []
    for _ in 0..<5_000 {
      let part = Augmentation.randomPart(of: image, leastShare: 0.08, draws: &draws)
      #expect(part.rows.lowerBound >= 0 && part.rows.upperBound <= 40)
      #expect(part.columns.lowerBound >= 0 && part.columns.upperBound <= 60)
      let (h, w) = (Double(part.rows.count), Double(part.columns.count))
      shares.append(h * w / 2400)
      #expect(w / h > 0.65 && w / h < 1.5)
      corners.insert([part.rows.lowerBound == 0, part.rows.upperBound == 40, part.columns.lowerBound == 0])
    }
    #expect(shares.min()! > 0.06 && shares.max()! > 0.8)
    #expect(corners.count >= 6)
    let thin = DecodedImage(width: 100, height: 1, channels: 1, pixels: [UInt8](repeating: 0, count: 100))
    let part = Augmentation.randomPart(of: thin, leastShare: 0.9, draws: &draws)
    #expect(part.rows == 0..<1 && part.columns == 49..<50)
  }

  @Test func erasedPartsAreWithinTheirLimits() {
    var erasing = Augmentation()
    erasing.randomErasing = 0.25
    var draws = draws(.erasing)
    let parts = (0..<8_000).map { _ in erasing.erasedParts(height: 32, width: 32, draws: &draws) }
    let found = parts.compactMap(\.first)
    #expect(abs(Double(found.count) / 8_000 - 0.25) < 0.025)
    for part in found {
      let (h, w) = (Double(part.rows.count), Double(part.columns.count))
      #expect(part.rows.lowerBound >= 0 && part.rows.upperBound <= 32 && part.columns.upperBound <= 32)
      #expect(h * w / 1024 > 0.015 && h * w / 1024 < 0.35)
    }
    var cutout = Augmentation()
    cutout.cutout = 8
    let squares = (0..<2_000).flatMap { _ in cutout.erasedParts(height: 32, width: 32, draws: &draws) }
    #expect(squares.count == 2_000)
    #expect(squares.contains { $0.rows.count == 8 && $0.columns.count == 8 })
    #expect(squares.contains { $0.rows == 0..<4 } && squares.contains { $0.columns == 27..<32 })
  }

  @Test func flipsHappenAsOftenAsAsked() throws {
    var flip = Augmentation()
    flip.horizontalFlip = 0.3
    let image = DecodedImage(width: 2, height: 1, channels: 1, pixels: [0, 255])
    var preparation = ImagePreparation(try Preprocessing(inputChannels: 1))
    var mirrored = 0
    for n in 0..<10_000 {
      var draws = draws(number: n)
      let result = try flip.image(image, preparation: &preparation, isTurn: false, draws: &draws)
      if result.pixels == [255, 0] { mirrored += 1 }
    }
    #expect(abs(mirrored - 3_000) < 230)
  }

  /// Half of the images are mirrored in each epoch, and each of them in every second one.
  @Test func alternatingFlipsAlternate() {
    let flip = Augmentation()
    func mirrored(_ epoch: Int, seed: UInt64 = 3) -> [Bool] {
      (0..<4_000).map { flip.mirrors(seed: seed, epoch: epoch, index: $0) }
    }
    let first = mirrored(0)
    #expect(abs(first.filter(\.self).count - 2_000) < 190)
    #expect(mirrored(1) == first.map { !$0 } && mirrored(2) == first)
    #expect(mirrored(0, seed: 4) != first)
  }

  @Test func valuesThatMakeNoSenseAreNamed() async {
    let cases: [(String, (inout Augmentation) -> Void)] = [
      ("cropPadding", { $0.cropPadding = -1 }), ("horizontalFlip", { $0.horizontalFlip = 1.5 }),
      ("rotation", { $0.rotation = 200 }), ("randomResizedCrop", { $0.randomResizedCrop = 0 }),
      ("hue", { $0.colorJitter.hue = 0.6 }), ("brightness", { $0.colorJitter.brightness = .nan }),
      ("randomErasing", { $0.randomErasing = -0.1 }), ("cutout", { $0.cutout = 100_000 }),
      ("mixup", { $0.mixup = -.infinity }), ("cutmix", { $0.cutmix = 101 }),
      ("mixupSwitchProb", { $0.mixupSwitchProb = .nan }),
    ]
    for (field, change) in cases {
      var augmentation = Augmentation.everything
      #expect((try? augmentation.validate()) != nil)
      change(&augmentation)
      await expectFailure(.usage, mentions: [field]) { try augmentation.validate() }
    }
  }
}
