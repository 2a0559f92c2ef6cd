import DenseNets

extension DatasetFinder {
  /// Reads a dataset's four files, training and test side by side.
  /// - Parameter isDownload: whether the program fetched the files: then their checksums must match, while a user's own
  ///   files may differ, with a warning.
  func read(
    _ paths: DatasetPaths, of description: DatasetDescription, isDownload: Bool
  ) async throws -> DatasetSplits {
    let remedy = isDownload ? "delete it and run again to download it" : "replace it with a sound copy"
    @Sendable func split(
      _ images: String, _ labels: String, _ published: (DatasetDescription.File, DatasetDescription.File)
    ) throws -> (ImageDataset, [String]) {
      let imageFile = try IDXFile(images, rank: 3, remedy: remedy)
      let labelFile = try IDXFile(labels, rank: 1, remedy: remedy)
      var warnings: [String] = []
      for (path, found, expected) in [
        (images, imageFile.md5, published.0.md5), (labels, labelFile.md5, published.1.md5),
      ] {
        guard let expected, found != expected else { continue }
        let difference = "\(path): the content's md5 is \(found), that of \(description.title) is \(expected)"
        if isDownload { throw Failure(.invalidData, "\(difference); \(remedy)") }
        warnings.append("\(difference); using the file anyway")
      }
      let dataset = try ImageDataset(
        name: description.name, classNames: description.classNames, images: imageFile, labels: labelFile,
        imagesName: images, labelsName: labels, remedy: remedy, firstLabel: description.firstLabel,
        isTransposed: description.isTransposed)
      return (dataset, warnings)
    }
    async let trainPart = split(
      paths.trainImages, paths.trainLabels, (description.trainImages, description.trainLabels))
    async let testPart = split(paths.testImages, paths.testLabels, (description.testImages, description.testLabels))
    let ((train, trainWarnings), (test, testWarnings)) = try await (trainPart, testPart)
    guard train.height == test.height, train.width == test.width else {
      throw Failure(
        .invalidData,
        "\(paths.testImages): expected images of \(train.height)x\(train.width), as \(paths.trainImages) has, "
          + "found \(test.height)x\(test.width); \(remedy)")
    }
    let folder = paths.trainImages.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return DatasetSplits(
      train: train, test: test, origin: "\(description.title) from \(folder.joined(separator: "/"))",
      warnings: trainWarnings + testWarnings)
  }
}
