import DenseNetData

/// What a limit on the number of images leaves out.
enum LimitWarning {
  /// Names the classes of which there were images, or the labels that images had, and of which none is left.
  static func text(_ images: any LabeledImages, of all: any LabeledImages) -> String? {
    guard images.files != nil else { return nil }
    func counts(_ images: any LabeledImages) -> [Int] { images.labelMatrix?.positives ?? images.classCounts }
    return text(
      all.name, (images.count, counts(images)), of: (all.count, counts(all)), names: all.classNames)
  }

  /// - Parameters:
  ///   - place: where the images are.
  ///   - kept: how many images are left, in all and of each class.
  ///   - all: how many there were.
  static func text(
    _ place: String, _ kept: (count: Int, classes: [Int]), of all: (count: Int, classes: [Int]), names: [String]
  ) -> String? {
    guard kept.count < all.count else { return nil }
    let absent = names.indices.filter { kept.classes[$0] == 0 && all.classes[$0] > 0 }.map { names[$0] }
    guard let first = absent.first else { return nil }
    let others =
      absent.count == 2 ? " and another class" : absent.count > 2 ? " and \(absent.count - 1) other classes" : ""
    return "\(place): the limit of \(kept.count) of \(all.count) images leaves none of \(first)\(others)"
  }
}
