import DenseNetReports
import DenseNets

/// How evenly the classes of a training set are filled.
enum ClassBalance {
  /// A class counts as rare where another has so many times its images.
  private static let ratio = 3

  /// What to say of a class that is rare among the training images; nil where none is.
  /// - Parameter labels: of the training images, each below the number of names.
  static func remark(labels: some Sequence<Int>, classNames: [String]) -> Remark? {
    var counts = [Int](repeating: 0, count: classNames.count)
    for label in labels { counts[label] += 1 }
    let present = counts.indices.filter { counts[$0] > 0 }
    guard let rarest = present.min(by: { counts[$0] < counts[$1] }),
      let largest = present.max(by: { counts[$0] < counts[$1] }), counts[largest] >= ratio * counts[rarest]
    else { return nil }
    let others = present.count { counts[$0] * ratio <= counts[largest] } - 1
    let more = others == 0 ? "" : ", and \(TextFormat.count(others, "more class", "more classes")) few"
    return Remark(
      "the class \"\(printable(classNames[rarest], limit: 60))\" has \(TextFormat.count(counts[rarest], "training image")), \"\(printable(classNames[largest], limit: 60))\" has \(TextFormat.thousands(counts[largest]))\(more): it is learnt less well; balanced class weights make every class count the same",
      settings: ["classWeights"])
  }
}
