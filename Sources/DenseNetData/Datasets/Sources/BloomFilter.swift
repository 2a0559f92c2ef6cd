import Foundation

/// A set of numbers of 48 bits that knows each of its own, and takes a share of others for one of them.
struct BloomFilter: Equatable {
  /// Greater numbers were left out.
  let greatest: UInt64
  /// How many bits each number sets.
  private let rounds: Int
  private var bits: [UInt8]

  private static let bytes = 65536
  /// The bits for each number: as many as that where there is room, and these at least.
  private static let (ample, least) = (20, 10)

  /// - Parameter numbers: ascending, each once; the first ones, where there is no room for all.
  init(_ numbers: [UInt64]) {
    let kept = numbers.prefix(8 * Self.bytes / Self.least)
    greatest = kept.count < numbers.count ? kept.last! : .max
    bits = [UInt8](repeating: 0, count: min(Self.bytes, max(1, (kept.count * Self.ample + 7) / 8)))
    // The number for which mistakes are the fewest.
    rounds = max(1, Int((Double(8 * bits.count) / Double(max(kept.count, 1)) * log(2)).rounded()))
    for number in kept {
      for place in places(number) { bits[place / 8] |= 1 << UInt8(place % 8) }
    }
  }

  /// The words of ``text``; nil for others.
  init?(_ words: some Collection<Substring>) {
    let words = Array(words)
    guard words.count == 3, let greatest = UInt64(words[0], radix: 16), let rounds = Int(words[1]),
      (1...64).contains(rounds), let data = Data(base64Encoded: String(words[2])),
      (1...Self.bytes).contains(data.count)
    else { return nil }
    (self.greatest, self.rounds, bits) = (greatest, rounds, [UInt8](data))
  }

  var text: String { "\(String(greatest, radix: 16)) \(rounds) \(Data(bits).base64EncodedString())" }

  func contains(_ number: UInt64) -> Bool { places(number).allSatisfy { bits[$0 / 8] >> UInt8($0 % 8) & 1 == 1 } }

  /// The share of other numbers that are taken for one of the set.
  var mistakes: Double {
    let set = bits.reduce(0) { $0 + $1.nonzeroBitCount }
    return pow(Double(set) / Double(8 * bits.count), Double(rounds))
  }

  /// The bits of a number: all from two hashes (Kirsch and Mitzenmacher, 2006).
  private func places(_ number: UInt64) -> [Int] {
    var hash = ContentHash()
    hash.combine(number)
    let mixed = UInt64(hash.hexadecimal, radix: 16)!
    let (first, second) = (mixed & 0xFFFF_FFFF, mixed >> 32 | 1)
    return (0..<UInt64(rounds)).map { Int((first + $0 * second) % UInt64(8 * bits.count)) }
  }
}
