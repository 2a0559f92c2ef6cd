/// Several labels per image: which of them each image has, which it has not, and of which nobody knows.
public struct LabelMatrix: Sendable, Equatable {
  /// What is known of an image's label.
  package static let (present, absent, unknown): (Int8, Int8, Int8) = (1, 0, -1)

  /// Labels per image.
  public let labels: Int
  /// `[N, labels]`: 1 where an image has the label, 0 where it has not, −1 where that is not known.
  public let values: [Int8]

  /// - Precondition: there is a label, and as many values for each image as there are labels; each is 1, 0 or −1.
  public init(labels: Int, values: [Int8]) {
    precondition(labels > 0 && values.count.isMultiple(of: labels), "\(values.count) values are no rows of \(labels)")
    precondition(values.allSatisfy { (-1...1).contains($0) }, "expected values of 1, 0 and −1")
    (self.labels, self.values) = (labels, values)
  }

  /// The number of images.
  public var count: Int { values.count / labels }

  /// The values of an image.
  public func row(_ index: Int) -> ArraySlice<Int8> { values[index * labels..<(index + 1) * labels] }

  /// The rows of some images, in the order of the indices.
  public func selecting(_ indices: [Int]) -> LabelMatrix {
    LabelMatrix(labels: labels, values: indices.flatMap { row($0) })
  }

  /// How many images have each label.
  public var positives: [Int] { counts(of: Self.present) }
  /// How many images are known not to have each label.
  public var negatives: [Int] { counts(of: Self.absent) }

  /// Of each image the rarest label that it has, by the index of the label; the number of labels where it has none.
  var rarest: [Int32] {
    let positives = positives
    return (0..<count).map { image in
      let present = row(image).enumerated().filter { $0.element == Self.present }.map(\.offset)
      return Int32(present.min { (positives[$0], $0) < (positives[$1], $1) } ?? labels)
    }
  }

  private func counts(of value: Int8) -> [Int] {
    var counts = [Int](repeating: 0, count: labels)
    for (place, found) in values.enumerated() where found == value { counts[place % labels] += 1 }
    return counts
  }
}
