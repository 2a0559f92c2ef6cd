import DenseNets

extension ImageDataset {
  /// Grey images `[N, H, W]` and labels `[N]` from two IDX files, which messages call by the names given.
  /// - Throws: ``Failure`` of kind `invalidData` where the counts differ or a label names no class.
  init(
    name: String, classNames: [String], images: IDXFile, labels: IDXFile, imagesName: String, labelsName: String,
    remedy: String
  ) throws {
    let count = images.extents[0]
    guard labels.extents[0] == count else {
      throw Failure(
        .invalidData,
        "\(labelsName): expected \(grouped(count)) labels, one for each image of \(imagesName), "
          + "found \(grouped(labels.extents[0])); \(remedy)")
    }
    if let index = labels.values.firstIndex(where: { Int($0) >= classNames.count }) {
      throw Failure(
        .invalidData,
        "\(labelsName): expected labels from 0 to \(classNames.count - 1), "
          + "found \(labels.values[index]) at index \(grouped(index)); \(remedy)")
    }
    self.init(
      name: name, classNames: classNames, height: images.extents[1], width: images.extents[2], channels: 1,
      pixels: images.values, labels: labels.values.map(Int32.init))
  }
}
