import DenseNets

extension ImageDataset {
  /// Grey images `[N, H, W]` and labels `[N]` from two IDX files, which messages call by the names given.
  /// - Throws: ``Failure`` of kind `invalidData` where the counts differ or a label names no class.
  init(
    name: String, classNames: [String], images: IDXFile, labels: IDXFile, imagesName: String, labelsName: String,
    remedy: String, firstLabel: Int = 0, isTransposed: Bool = false
  ) throws {
    let count = images.extents[0]
    guard labels.extents[0] == count else {
      throw Failure(
        .invalidData,
        "\(labelsName): expected \(grouped(count)) labels, one for each image of \(imagesName), "
          + "found \(grouped(labels.extents[0])); \(remedy)")
    }
    let known = firstLabel..<firstLabel + classNames.count
    if let index = labels.values.firstIndex(where: { !known.contains(Int($0)) }) {
      throw Failure(
        .invalidData,
        "\(labelsName): expected labels from \(known.lowerBound) to \(known.upperBound - 1), "
          + "found \(labels.values[index]) at index \(grouped(index)); \(remedy)")
    }
    let (height, width) = (images.extents[1], images.extents[2])
    self.init(
      name: name, classNames: classNames, height: isTransposed ? width : height, width: isTransposed ? height : width,
      channels: 1, pixels: isTransposed ? transposed(images.values, height, width) : images.values,
      labels: labels.values.map { Int32(Int($0) - firstLabel) })
  }
}

/// Grey images of that size with rows and columns exchanged.
private func transposed(_ pixels: [UInt8], _ height: Int, _ width: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: pixels.count) { result, filled in
    for start in stride(from: 0, to: pixels.count, by: height * width) {
      for y in 0..<height {
        for x in 0..<width { result[start + x * height + y] = pixels[start + y * width + x] }
      }
    }
    filled = pixels.count
  }
}
