import DenseNets
import Foundation

/// A small sample of a set of images by their content, which tells what share of other images is among them, wherever they
/// lie and whatever they are called.
///
/// The least hashes of all (bottom-k): which images are in the sample depends on their content alone.
package struct ImageSketch: Sendable, Equatable {
  /// Ascending, each once.
  private let hashes: [UInt64]
  /// Whether these are all of the set's.
  private let isComplete: Bool

  private static let size = 256

  package init(_ paths: [String]) {
    let all = Self.hashes(of: paths)
    let least = Set(all.compactMap(\.self)).sorted()
    hashes = Array(least.prefix(Self.size))
    isComplete = least.count <= Self.size
  }

  /// A text such as ``text`` gives; nil where it is none.
  package init?(_ text: String) {
    let words = text.split(separator: " ")
    let numbers = words.dropFirst().map { UInt64($0, radix: 16) }
    guard let head = words.first, head == "all" || head == "least", !numbers.contains(nil) else { return nil }
    (hashes, isComplete) = (numbers.compactMap(\.self).sorted(), head == "all")
  }

  package var text: String {
    ([isComplete ? "all" : "least"] + hashes.map { String($0, radix: 16) }).joined(separator: " ")
  }

  /// How many of the images are among the set's: of a set that is larger than the sample, an estimate.
  package func overlap(_ paths: [String]) -> (count: Int, isExact: Bool) {
    guard let greatest = hashes.last else { return (0, true) }
    let others = Self.hashes(of: paths).compactMap(\.self)
    let known = Set(hashes)
    if isComplete { return (others.count { known.contains($0) }, true) }
    // Those whose hashes are in the sample's range are as good a sample of the others.
    let compared = others.filter { $0 <= greatest }
    guard !compared.isEmpty else { return (0, false) }
    let share = Double(compared.count { known.contains($0) }) / Double(compared.count)
    return (Int((share * Double(others.count)).rounded()), false)
  }

  /// Of each file; nil where it cannot be read.
  private static func hashes(of paths: [String]) -> [UInt64?] {
    paths.map { path in
      guard let file = FileHandle(forReadingAtPath: path) else { return nil }
      defer { try? file.close() }
      guard let size = try? file.seekToEnd() else { return nil }
      var hash = ContentHash()
      hash.combine(size)
      // 16 pieces of a large file: two images of one size do not agree in all of them.
      let (pieces, length): (UInt64, Int) = size <= 16384 ? (1, 16384) : (16, 1024)
      for piece in 0..<pieces {
        let offset = pieces == 1 ? 0 : (size - UInt64(length)) * piece / (pieces - 1)
        guard (try? file.seek(toOffset: offset)) != nil, let data = try? file.read(upToCount: length) else { continue }
        hash.combine([UInt8](data))
      }
      return UInt64(hash.hexadecimal, radix: 16)! >> 16
    }
  }
}
