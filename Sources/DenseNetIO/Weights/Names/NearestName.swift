import DenseNets

/// Which name of a file comes closest to one that a network needs.
enum NearestName {
  private static let (maximumNames, maximumLength) = (512, 160)

  /// `nearest to features.conv0.weight is stem.conv0.weight`; nil where nothing comes close.
  static func complaint(missing: [String], among found: [String]) -> String? {
    guard let wanted = missing.first else { return nil }
    let candidates = found.prefix(maximumNames).map { ($0, distance(wanted, $0)) }
    guard let (name, steps) = candidates.min(by: { $0.1 < $1.1 }), steps <= max(wanted.count, name.count) * 3 / 4 else {
      return nil
    }
    return "nearest to \(wanted) is \(name)"
  }

  private static func distance(_ a: String, _ b: String) -> Int {
    editDistance(Array(a.utf8.prefix(maximumLength)), Array(b.utf8.prefix(maximumLength)))
  }
}
