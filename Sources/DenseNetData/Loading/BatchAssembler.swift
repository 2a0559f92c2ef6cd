import DenseNets

/// What a pass over images does to them, and how they make batches.
struct BatchAssembler: Sendable {
  let source: any LabeledImages
  let preprocessing: Preprocessing
  let augmentation: Augmentation
  let seed: UInt64
  let epoch: Int

  /// One image as the network is to see it, before normalisation.
  func image(at index: Int, preparation: inout ImagePreparation) throws(Failure) -> DecodedImage {
    let image = try source.image(at: index)
    if augmentation == .none { return try preparation.image(image) }
    var draws = RandomDraws(seed: seed, purpose: .image, epoch: epoch, number: index)
    let isTurn = augmentation.mirrors(seed: seed, epoch: epoch, index: index)
    return try augmentation.image(image, preparation: &preparation, isTurn: isTurn, draws: &draws)
  }

  /// The batch of that number, from its images and their indices.
  func batch(_ images: [DecodedImage], indices: ArraySlice<Int>, number: Int) throws(Failure) -> LabeledBatch {
    let (height, width) = (images[0].height, images[0].width)
    if let other = images.first(where: { ($0.height, $0.width) != (height, width) }) {
      throw Failure(
        .invalidData,
        "\(source.name): expected images of one size, found \(height)x\(width) and \(other.height)x\(other.width); resize them"
      )
    }
    var tensor = preprocessing.batch(images)
    erase(&tensor, indices)
    if let matrix = source.labelMatrix { return batch(tensor, matrix.selecting(Array(indices)), number: number) }
    let labels = indices.map { source.labels[$0] }
    let share = augmentation.mixingShare(seed: seed, epoch: epoch, batch: number)
    if share == 1 { return LabeledBatch(images: tensor, labels: labels) }
    mix(&tensor, share: Float(share))
    return LabeledBatch(
      images: tensor, labels: share >= 0.5 ? labels : labels.reversed(), targets: targets(labels, share: Float(share)))
  }

  /// Images with several labels. A mixture learns from both images' labels, each as far as it is in it and is known: the
  /// mean of the two losses.
  private func batch(_ images: Tensor, _ matrix: LabelMatrix, number: Int) -> LabeledBatch {
    let shape = [matrix.count, matrix.labels]
    var targets = matrix.values.map { Float($0 == LabelMatrix.present ? 1 : 0) }
    var mask = matrix.values.map { Float($0 == LabelMatrix.unknown ? 0 : 1) }
    let share = Float(augmentation.mixingShare(seed: seed, epoch: epoch, batch: number))
    var tensor = images
    if share < 1 {
      mix(&tensor, share: share)
      let (own, known) = (targets, mask)
      for i in own.indices {
        let other = (matrix.count - 1 - i / matrix.labels) * matrix.labels + i % matrix.labels
        let (a, b) = (share * known[i], (1 - share) * known[other])
        mask[i] = a + b
        targets[i] = a + b > 0 ? (a * own[i] + b * own[other]) / (a + b) : 0
      }
    }
    return LabeledBatch(
      images: tensor, targets: Tensor(shape: shape, values: targets), mask: Tensor(shape: shape, values: mask))
  }

  private func erase(_ tensor: inout Tensor, _ indices: ArraySlice<Int>) {
    if augmentation.randomErasing == 0, augmentation.cutout == 0 { return }
    let (channels, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    for (n, index) in indices.enumerated() {
      var draws = RandomDraws(seed: seed, purpose: .erasing, epoch: epoch, number: index)
      for part in augmentation.erasedParts(height: height, width: width, draws: &draws) {
        for y in part.rows {
          let begin = ((n * height + y) * width + part.columns.lowerBound) * channels
          for i in begin..<begin + part.columns.count * channels { tensor.storage[i] = 0 }
        }
      }
    }
  }

  /// Each image becomes a share of itself and the rest of the one at the same distance from the other end.
  private func mix(_ tensor: inout Tensor, share: Float) {
    let (count, each) = (tensor.shape[0], tensor.count / tensor.shape[0])
    tensor.storage.withUnsafeMutableBufferPointer { values in
      for n in 0..<count / 2 {
        let (first, second) = (n * each, (count - 1 - n) * each)
        for i in 0..<each {
          let (a, b) = (values[first + i], values[second + i])
          values[first + i] = share * a + (1 - share) * b
          values[second + i] = share * b + (1 - share) * a
        }
      }
    }
  }

  private func targets(_ labels: [Int32], share: Float) -> Tensor {
    let classes = source.numClasses
    var values = [Float](repeating: 0, count: labels.count * classes)
    for (n, label) in labels.enumerated() {
      values[n * classes + Int(label)] += share
      values[n * classes + Int(labels[labels.count - 1 - n])] += 1 - share
    }
    return Tensor(shape: [labels.count, classes], values: values)
  }
}
