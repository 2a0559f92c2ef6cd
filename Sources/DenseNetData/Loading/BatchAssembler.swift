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

  /// How the images of a batch are mixed; nil: they are not.
  func mixing(ofBatch number: Int) -> BatchMixing? {
    augmentation.mixing(seed: seed, epoch: epoch, batch: number)
  }

  /// A batch, or a replica's part of it, from the images that it asks for.
  func batch(_ images: [DecodedImage], of batch: BatchPlan.Batch) throws(Failure) -> LabeledBatch {
    let (height, width) = (images[0].height, images[0].width)
    if let other = images.first(where: { ($0.height, $0.width) != (height, width) }) {
      throw Failure(
        .invalidData,
        "\(source.name): expected images of one size, found \(height)x\(width) and \(other.height)x\(other.width); resize them"
      )
    }
    var tensor = preprocessing.batch(images)
    erase(&tensor, batch.indices)
    var share = 1.0
    if let mixing = mixing(ofBatch: batch.number) {
      share = mixing.ownShare(height: height, width: width)
      let box = mixing.box(height: height, width: width)
      tensor = box.map { pasted(tensor, batch, $0) } ?? blended(tensor, batch, share: Float(share))
    }
    var result =
      source.labelMatrix.map { labeled(tensor, $0.selecting(batch.indices), batch, share: Float(share)) }
      ?? labeled(tensor, batch, share: share)
    result.part = batch.part
    return result
  }

  private func labeled(_ images: Tensor, _ batch: BatchPlan.Batch, share: Double) -> LabeledBatch {
    let labels = batch.indices.map { source.labels[$0] }
    let own = Array(labels[..<batch.count])
    if share == 1 { return LabeledBatch(images: images, labels: own) }
    let partners = (0..<batch.count).map { labels[batch.partner(of: $0)] }
    return LabeledBatch(
      images: images, labels: share >= 0.5 ? own : partners, targets: targets(own, partners, share: Float(share)))
  }

  /// Images with several labels. A mixture learns from both images' labels, each as far as it is in it and is known: the
  /// mean of the two losses.
  private func labeled(
    _ images: Tensor, _ matrix: LabelMatrix, _ batch: BatchPlan.Batch, share: Float
  ) -> LabeledBatch {
    let shape = [batch.count, matrix.labels]
    let (own, known) = (
      matrix.values.map { Float($0 == LabelMatrix.present ? 1 : 0) },
      matrix.values.map { Float($0 == LabelMatrix.unknown ? 0 : 1) }
    )
    var (targets, mask) = (Array(own[..<shape.reduce(1, *)]), Array(known[..<shape.reduce(1, *)]))
    if share < 1 {
      for i in targets.indices {
        let other = batch.partner(of: i / matrix.labels) * matrix.labels + i % matrix.labels
        let (a, b) = (share * known[i], (1 - share) * known[other])
        mask[i] = a + b
        targets[i] = a + b > 0 ? (a * own[i] + b * own[other]) / (a + b) : 0
      }
    }
    return LabeledBatch(
      images: images, targets: Tensor(shape: shape, values: targets), mask: Tensor(shape: shape, values: mask))
  }

  private func erase(_ tensor: inout Tensor, _ indices: [Int]) {
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

  /// Each image of the part as a share of itself and the rest of its partner.
  private func blended(_ tensor: Tensor, _ batch: BatchPlan.Batch, share: Float) -> Tensor {
    let each = tensor.count / tensor.shape[0]
    var storage = Array(tensor.storage[..<(batch.count * each)])
    storage.withUnsafeMutableBufferPointer { mixed in
      tensor.storage.withUnsafeBufferPointer { values in
        // The middle one of a whole batch stays as it is.
        for n in 0..<batch.count where !batch.isAlone(n) {
          let (own, other) = (n * each, batch.partner(of: n) * each)
          for i in 0..<each { mixed[own + i] = share * values[own + i] + (1 - share) * values[other + i] }
        }
      }
    }
    return Tensor(shape: [batch.count] + tensor.shape.dropFirst(), storage: storage)
  }

  /// Each image of the part with a box of its partner.
  private func pasted(_ tensor: Tensor, _ batch: BatchPlan.Batch, _ box: BatchMixing.Box) -> Tensor {
    let (channels, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    let each = tensor.count / tensor.shape[0]
    var storage = Array(tensor.storage[..<(batch.count * each)])
    for n in 0..<batch.count {
      let (own, other) = (n * each, batch.partner(of: n) * each)
      for y in box.rows {
        let row = (y * width + box.columns.lowerBound) * channels..<(y * width + box.columns.upperBound) * channels
        for i in row { storage[own + i] = tensor.storage[other + i] }
      }
    }
    return Tensor(shape: [batch.count, channels, height, width], storage: storage)
  }

  private func targets(_ labels: [Int32], _ partners: [Int32], share: Float) -> Tensor {
    let classes = source.numClasses
    var values = [Float](repeating: 0, count: labels.count * classes)
    for (n, label) in labels.enumerated() {
      values[n * classes + Int(label)] += share
      values[n * classes + Int(partners[n])] += 1 - share
    }
    return Tensor(shape: [labels.count, classes], values: values)
  }
}
