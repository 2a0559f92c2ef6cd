import DenseNets

extension SplitRule {
  /// The images to test and to validate on where each belongs to a group that must not be parted: groups in random
  /// order, as long as they bring a part closer to its share. At least one group is for each part, and the last group
  /// with images of a class is left to learn from, unless a part would be empty.
  /// - Parameter classes: of each image, by their indices; nothing where an image is of none.
  /// - Throws: `Failure(.invalidData)` where there are fewer groups than parts.
  func heldOut(groups: [String], classes: [[Int]]) throws(Failure) -> (test: Set<Int>, validation: Set<Int>) {
    var members: [String: [Int]] = [:]
    for (index, group) in groups.enumerated() { members[group, default: []].append(index) }
    let parts = 1 + [testShare, validationShare].count { $0 > 0 }
    guard members.count >= parts else {
      throw Failure(
        .invalidData,
        "expected \(parts) groups or more for \(parts) parts, found \(members.count == 1 ? "one, \(groups[0])" : "\(members.count)"); name another column",
        settings: ["groupColumn"])
    }
    // Sorted, so that the choice does not depend on the order of rows.
    let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: 0)
    var open = OpenGroups(draws.permutation(names.count).map { members[names[$0]]! }, classes)
    let test = open.take(testShare, leaving: parts - 1)
    return (test, open.take(validationShare, leaving: 1))
  }
}

/// Groups of images that are not yet held out.
private struct OpenGroups {
  /// Images, and how many of each class they are.
  private var groups: [(images: [Int], counts: [Int: Int])]
  /// How many images of each class are left.
  private var left: [Int: Int] = [:]
  /// The images of all groups.
  private let total: Int

  init(_ groups: [[Int]], _ classes: [[Int]]) {
    self.groups = groups.map { images in
      var counts: [Int: Int] = [:]
      for image in images { for label in classes[image] { counts[label, default: 0] += 1 } }
      return (images, counts)
    }
    total = groups.reduce(0) { $0 + $1.count }
    for group in self.groups { left.merge(group.counts, uniquingKeysWith: +) }
  }

  /// Takes groups for a part, and leaves as many as other parts need.
  mutating func take(_ share: Double, leaving least: Int) -> Set<Int> {
    guard share > 0 else { return [] }
    let wanted = share * Double(total)
    var (taken, count): (Set<Int>, Int) = ([], 0)
    for index in groups.indices where groups.count - taken.count > least {
      let next = count + groups[index].images.count
      guard abs(Double(next) - wanted) < abs(Double(count) - wanted), isSpare(index) else { continue }
      taken.insert(index)
      remove(index)
      count = next
    }
    if taken.isEmpty {
      func smallest(_ indices: [Int]) -> Int? { indices.min { groups[$0].images.count < groups[$1].images.count } }
      let index = smallest(groups.indices.filter(isSpare)) ?? smallest(Array(groups.indices))!
      taken.insert(index)
      remove(index)
    }
    defer { groups = groups.indices.filter { !taken.contains($0) }.map { groups[$0] } }
    return Set(taken.flatMap { groups[$0].images })
  }

  /// Whether images of each of its classes are left without a group.
  private func isSpare(_ index: Int) -> Bool { groups[index].counts.allSatisfy { left[$0.key]! > $0.value } }

  private mutating func remove(_ index: Int) {
    for (label, count) in groups[index].counts { left[label]! -= count }
  }
}

extension LabeledImageFiles {
  /// Of each image its class, or the labels that it has.
  var classesOfEach: [[Int]] {
    guard let matrix = labelMatrix else { return labels.map { [Int($0)] } }
    return (0..<count).map { image in
      matrix.row(image).enumerated().filter { $0.element == LabelMatrix.present }.map(\.offset)
    }
  }
}
