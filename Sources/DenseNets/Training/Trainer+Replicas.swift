// What a trainer does together with those of the other replicas; without any, next to nothing.

extension Trainer {
  /// The next batch, unless another replica has none.
  /// - Throws: why batches end early, on whichever replica.
  func next(_ iterator: inout any BatchIterator) throws -> LabeledBatch? {
    guard let replicas else { return try iterator.next() }
    return try replicas.together { try iterator.next() }
  }

  /// Whether to stop, on all replicas where one is to.
  func mustStop(_ shouldStop: () -> Bool) -> Bool { replicas?.any(shouldStop()) ?? shouldStop() }

  /// Forward, loss, and where that is finite backward, of a part of a batch.
  /// - Returns: the loss of the whole batch.
  func pass(_ batch: LabeledBatch, as role: UpdateStep.Role, among replicas: any Replicas) -> LossResult {
    let share = share(of: batch, among: replicas)
    return BatchShare.$current.withValue(share) {
      let logits = model.forward(batch.images, mode: .training)
      let (own, gradient) = loss.lossAndGradient(logits, batch)
      let weight = share.isStandIn ? 0 : own.weight
      let whole = replicas.joined(share.isStandIn ? nil : own, countsDecisions: own.decisions != nil)
      guard whole.loss.isFinite else {
        place = replicas.place(where: !own.loss.isFinite && !share.isStandIn)
        return whole
      }
      let factor = whole.weight > 0 ? Float(weight / whole.weight) : 0
      update.backward(
        factor == 0 ? .zeros(gradient.shape) : gradient * factor, weight: whole.weight, as: role,
        images: share.isStandIn ? 0 : batch.count)
      return whole
    }
  }

  /// What a part of a batch is of the whole.
  func share(of batch: LabeledBatch, among replicas: any Replicas) -> BatchShare {
    let part = batch.part ?? .init(wholeCount: batch.count, first: 0, isStandIn: false)
    return BatchShare(
      replicas: replicas, images: part.wholeCount, firstImage: part.first, isStandIn: part.isStandIn,
      sharesStatistics: batchNorm == .synchronized)
  }

  /// A batch of which every replica has a part, without its images, and the logits of all.
  func gathered(_ part: LabeledBatch, _ logits: Tensor) -> (batch: LabeledBatch, logits: Tensor) {
    guard let replicas, let place = part.part else { return (part, logits) }
    let classes = logits.shape[1]
    var rows: [Float] = []
    if !place.isStandIn {
      for n in 0..<part.count {
        let row = n * classes..<(n + 1) * classes
        rows += logits.storage[row]
        if let targets = part.targets, let mask = part.mask {
          rows += targets.storage[row]
          rows += mask.storage[row]
        } else {
          rows.append(Float(part.labels[n]))
        }
      }
    }
    let values = Array(replicas.gather(rows).joined())
    let count = place.wholeCount
    let each = values.count / count
    func tensor(_ first: Int) -> Tensor {
      var storage: [Float] = []
      for n in 0..<count { storage += values[n * each + first..<n * each + first + classes] }
      return Tensor(shape: [count, classes], storage: storage)
    }
    let images = Tensor(shape: [count, 0, 0, 0], storage: [])
    let batch =
      part.mask == nil
      ? LabeledBatch(images: images, labels: (0..<count).map { Int32(values[$0 * each + classes]) })
      : LabeledBatch(images: images, targets: tensor(classes), mask: tensor(2 * classes))
    return (batch, tensor(0))
  }

  /// - Throws: `Failure(.internalError)` where replicas have come apart.
  func requireSameWeights(afterStep step: Int) throws(Failure) {
    guard let replicas else { return }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for entry in model.namedState {
      for value in entry.parameter.value.storage { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3 }
    }
    let hashes = replicas.gather((0..<4).map { Float(hash >> (16 * UInt64($0)) & 0xFFFF) })
    guard let rank = hashes.firstIndex(where: { $0 != hashes[0] }) else { return }
    throw Failure(
      .internalError,
      "\(replicas.name(of: rank)): expected the weights of \(replicas.name(of: 0)) after step \(step), found others; resume from the newest checkpoint, and check the machines' memory"
    )
  }
}

extension Replicas {
  /// The loss of all parts of a batch.
  /// - Parameter own: nil: this replica's part is empty.
  fileprivate func joined(_ own: LossResult?, countsDecisions: Bool) -> LossResult {
    var sums = [0.0, 0, 0, 0]
    if let own {
      let loss = own.weight == 0 ? 0 : own.loss * own.weight
      sums = [loss, own.weight, Double(own.correct), Double(own.decisions ?? 0)]
    }
    sum(&sums)
    return LossResult(
      loss: sums[1] > 0 ? sums[0] / sums[1] : 0, correct: Int(sums[2]), weight: sums[1],
      decisions: countsDecisions ? Int(sums[3]) : nil)
  }

  /// The first replica with something, for a message; nothing where all have it.
  fileprivate func place(where isHere: Bool) -> String {
    let flags = gather([isHere ? 1 : 0]).map { $0[0] > 0 }
    guard let first = flags.firstIndex(of: true), flags.contains(false) else { return "" }
    return " on \(name(of: first))"
  }
}
