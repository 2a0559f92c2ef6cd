import DenseNets
import Foundation

/// What is kept of a set of images by their content, to tell how many of other images are among them, wherever they lie
/// and whatever they are called.
///
/// Of a small set, the hashes of all. Of a larger one, a Bloom filter (1970) of at most 64 KiB: it knows each of its
/// images, and takes few others for one of them. Of more images than it has room for, it holds those of the least hashes,
/// which depend on content alone.
package struct ImageSketch: Sendable, Equatable {
  private enum Content: Equatable {
    /// Ascending, each once.
    case all([UInt64])
    /// The least ones of all, as earlier versions have them; ascending.
    case least([UInt64])
    case filter(BloomFilter)
  }

  private let content: Content

  /// A set of more images has a filter.
  private static let exactCount = 256
  /// How improbable it must be that matches are the filter's mistakes.
  private static let significance = 0.002

  package init(_ paths: [String]) {
    let hashes = Set(Self.hashes(of: paths).compactMap(\.self)).sorted()
    content = hashes.count <= Self.exactCount ? .all(hashes) : .filter(BloomFilter(hashes))
  }

  /// A text such as ``text`` gives; nil where it is none.
  package init?(_ text: String) {
    let words = text.split(separator: " ")
    switch words.first {
    case "all", "least":
      let numbers = words.dropFirst().map { UInt64($0, radix: 16) }
      guard !numbers.contains(nil) else { return nil }
      let hashes = numbers.compactMap(\.self).sorted()
      content = words[0] == "all" ? .all(hashes) : .least(hashes)
    case "filter":
      guard let filter = BloomFilter(words.dropFirst()) else { return nil }
      content = .filter(filter)
    default: return nil
    }
  }

  package var text: String {
    func words(_ hashes: [UInt64]) -> String { hashes.map { " " + String($0, radix: 16) }.joined() }
    return switch content {
    case .all(let hashes): "all" + words(hashes)
    case .least(let hashes): "least" + words(hashes)
    case .filter(let filter): "filter " + filter.text
    }
  }

  /// How many of the images are among the set's: of a large set, an estimate, and 0 where it may be by chance.
  package func overlap(_ paths: [String]) -> (count: Int, isExact: Bool) {
    let others = Self.hashes(of: paths).compactMap(\.self)
    switch content {
    case .all(let hashes):
      let known = Set(hashes)
      return (others.count { known.contains($0) }, true)
    case .least(let hashes):
      guard let greatest = hashes.last else { return (0, true) }
      // Those whose hashes are in the sample's range are as good a sample of the others.
      let (known, compared) = (Set(hashes), others.filter { $0 <= greatest })
      return (
        Self.estimate(compared.count { known.contains($0) }, of: compared.count, mistakes: 0, others.count), false
      )
    case .filter(let filter):
      let compared = others.filter { $0 <= filter.greatest }
      let matches = compared.count { filter.contains($0) }
      return (Self.estimate(matches, of: compared.count, mistakes: filter.mistakes, others.count), false)
    }
  }

  /// How many of all are in a set, where some were compared with it.
  /// - Parameter mistakes: the share of those that are not in it and match nevertheless.
  private static func estimate(_ matches: Int, of compared: Int, mistakes: Double, _ all: Int) -> Int {
    guard matches > 0, mistakes < 1, chance(matches, of: compared, mistakes) < significance else { return 0 }
    let share = (Double(matches) / Double(compared) - mistakes) / (1 - mistakes)
    return min(all, max(1, Int((share * Double(all)).rounded())))
  }

  /// How probable so many matches or more are, if each is a mistake: the tail of a binomial distribution. 1 for no more
  /// than are to be expected.
  static func chance(_ matches: Int, of count: Int, _ mistakes: Double) -> Double {
    guard mistakes > 0 else { return 0 }
    let n = Double(count)
    guard Double(matches) > n * mistakes else { return 1 }
    var logarithm = Double(matches) * log(mistakes) + Double(count - matches) * log1p(-mistakes)
    for k in 0..<matches { logarithm += log((n - Double(k)) / Double(k + 1)) }
    var (term, sum) = (exp(logarithm), 0.0)
    // Beyond the mean, each term is smaller than the one before.
    for k in matches...count where term > 0 {
      sum += term
      let next = (n - Double(k)) / Double(k + 1)
      term *= next * mistakes / (1 - mistakes)
    }
    return sum
  }

  /// Of each file, 48 bits; nil where it cannot be read.
  static func hashes(of paths: [String]) -> [UInt64?] {
    paths.map { path in
      guard let file = try? InputFile(path) else { return nil }
      let size = file.size
      var hash = ContentHash()
      hash.combine(UInt64(size))
      // 16 pieces of a large file: two images of one size do not agree in all of them.
      let (pieces, length) = size <= 16384 ? (1, 16384) : (16, 1024)
      for piece in 0..<pieces {
        let offset = pieces == 1 ? 0 : (size - length) * piece / (pieces - 1)
        guard let bytes = try? file.bytes(at: offset, count: length) else { return nil }
        if !bytes.isEmpty { hash.combine(bytes) }
      }
      return UInt64(hash.hexadecimal, radix: 16)! >> 16
    }
  }
}
