import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// What is kept of training images, to know them again.
@Suite struct ImageSketchTests {
  /// By content: names and places do not count.
  @Test func aSketchKnowsImagesByContent() async throws {
    try await withTemporaryFolder { folder in
      let names = (0..<600).map { "a/\($0).bin" }
      for (n, name) in names.enumerated() { try write(Array("image \(n * n)".utf8), to: folder + "/" + name) }
      for n in 0..<100 { try write(Array("other \(n)".utf8), to: folder + "/b/\(n).bin") }
      for n in 0..<50 { try write(Array("image \(n * n)".utf8), to: folder + "/c/moved \(n).bin") }
      let paths = { (part: String, count: Int) in (0..<count).map { "\(folder)/\(part)\($0).bin" } }
      let small = ImageSketch(Array(paths("a/", 200)))
      #expect(small.overlap(paths("a/", 300)) == (200, true))
      #expect(small.overlap(paths("b/", 100)) == (0, true))
      #expect(small.overlap(paths("c/moved ", 50)) == (50, true))
      #expect(ImageSketch(small.text) == small && ImageSketch("nonsense") == nil && ImageSketch("all x") == nil)
      // Of more images, a filter, which tells their number nearly.
      let large = ImageSketch(paths("a/", 600))
      #expect(large.overlap(paths("a/", 600)) == (600, false))
      #expect(large.overlap(paths("b/", 100)) == (0, false))
      #expect(large.overlap(paths("a/", 600).suffix(100) + paths("b/", 100)) == (100, false))
      #expect(large.overlap([paths("a/", 600)[417]] + paths("b/", 19)) == (1, false))
      #expect(ImageSketch(large.text) == large && large.text.utf8.count < 2200)
      #expect(ImageSketch([folder + "/absent"]).overlap(paths("a/", 5)) == (0, true))
      // Large files are told apart by a part of them.
      var bytes = [UInt8](repeating: 7, count: 1 << 20)
      try write(bytes, to: folder + "/d/0.bin")
      for n in 0..<4096 { bytes[n << 8] = 8 }
      try write(bytes, to: folder + "/d/1.bin")
      #expect(ImageSketch([folder + "/d/0.bin"]).overlap([folder + "/d/1.bin"]) == (0, true))
    }
  }

  /// The text that earlier versions wrote of many images: the 256 least hashes.
  @Test func theSampleOfEarlierVersionsIsRead() async throws {
    try await withTemporaryFolder { folder in
      func paths(_ content: String, _ count: Int) throws -> [String] {
        try (0..<count).map { n in
          let path = "\(folder)/\(content) \(n)"
          try write(Array("\(content) \(n)".utf8), to: path)
          return path
        }
      }
      let (known, others) = (try paths("image", 600), try paths("other", 100))
      // As a plain loop over the same bytes in Python has it.
      #expect(ImageSketch([known[0]]).text == "all 870c69c5029d")
      let hashes = known.map { UInt64(ImageSketch([$0]).text.dropFirst(4), radix: 16)! }.sorted()
      let least = "least " + hashes.prefix(256).map { String($0, radix: 16) }.joined(separator: " ")
      let sketch = try #require(ImageSketch(least))
      #expect(sketch.text == least)
      #expect(sketch.overlap(known) == (600, false) && sketch.overlap(others) == (0, false))
      let mixed = sketch.overlap(known.suffix(100) + others)
      #expect((60...140).contains(mixed.count) && !mixed.isExact, "\(mixed)")
    }
  }

  /// Names that are not UTF-8 too.
  #if os(Linux)
    @Test func readsFilesByTheBytesOfTheirNames() async throws {
      try await withTemporaryFolder { folder in
        try write(Array("image 0".utf8), to: folder + "/plain")
        let path = folder + "/" + PathText.text(of: [0x63, 0xe9])
        try #require(PathText.withBytes(of: path) { rename(folder + "/plain", $0) } == 0)
        #expect(ImageSketch([path]).text == "all 870c69c5029d")
      }
    }
  #endif

  /// No number of the set is missed, and of others as few are taken for one as the set's size allows.
  @Test(arguments: [
    (257, 1, 0.0005), (5000, 1, 0.0005), (26_000, 1, 0.0005), (50_000, 1, 0.012), (400_000, 0.13, 0.012),
  ])
  func aFilterKnowsItsNumbers(_ count: Int, _ share: Double, _ mistakes: Double) throws {
    var random = RandomSource(seed: UInt64(count))
    func numbers(_ count: Int) -> [UInt64] { (0..<count).map { _ in random.next() >> 16 } }
    let own = Set(numbers(count)).sorted()
    let filter = BloomFilter(own)
    let covered = own.filter { $0 <= filter.greatest }
    #expect(covered.allSatisfy(filter.contains))
    #expect(Double(covered.count) >= share * Double(count))
    let known = Set(own)
    let others = numbers(100_000).filter { !known.contains($0) && $0 <= filter.greatest }
    let wrong = Double(others.count(where: filter.contains)) / Double(others.count)
    #expect(wrong <= mistakes && filter.mistakes <= mistakes, "\(wrong), \(filter.mistakes)")
    // Within 100 kB of text, read back.
    #expect(filter.text.utf8.count < 100_000)
    #expect(BloomFilter(filter.text.split(separator: " ")) == filter)
  }

  @Test(arguments: [
    "filter", "filter ffff 7", "filter ffff 0 AAAA", "filter ffff 65 AAAA", "filter x 7 AAAA", "filter ffff 7 ?",
    "filter ffff 7 AAAA AAAA", "filter ffff -1 AAAA", "", "filter ffff 7 \(String(repeating: "A", count: 200_000))",
  ])
  func whatIsNoSketchIsNone(_ text: String) { #expect(ImageSketch(text) == nil) }

  /// A filter whose every bit is set knows nothing, and says nothing.
  @Test func aFullFilterIsSilent() async throws {
    try await withTemporaryFolder { folder in
      try write([1, 2, 3], to: folder + "/a")
      let full = try #require(ImageSketch("filter ffffffffffffffff 7 ////"))
      #expect(full.overlap([folder + "/a"]) == (0, false))
    }
  }

  /// As scipy's `binom.sf(matches - 1, count, mistakes)` has it.
  @Test(arguments: [
    (1, 20, 6.7e-05, 0.0013391474327722089), (3, 100, 0.01, 0.07937320225218046),
    (2, 20, 0.0256, 0.09187856417345278), (10, 20, 0.0256, 1.765324817301318e-11),
    (60, 1000, 0.05, 0.08673217838486103), (11000, 1_000_000, 0.01, 2.349529796230906e-23),
    (20, 20, 0.3, 3.4867844009999975e-11), (40, 1000, 0.05, 1), (1, 20, 0, 0),
  ])
  func matchesMustBeMoreThanChance(_ matches: Int, _ count: Int, _ mistakes: Double, _ expected: Double) {
    #expect(abs(ImageSketch.chance(matches, of: count, mistakes) - expected) <= 1e-8 * expected)
  }
}
