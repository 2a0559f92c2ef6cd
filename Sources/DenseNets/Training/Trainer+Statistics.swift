extension Trainer {
  /// Measures the batch norms' running statistics anew, as plain averages over training batches: PyTorch's
  /// `torch.optim.swa_utils.update_bn`. Nothing else changes.
  ///
  /// Averaged weights want statistics of their own: the average of statistics is that of networks which the weights have
  /// left, and which may be far off while the learning rate is high.
  func measureStatistics(_ batches: some BatchSource, shouldStop: () -> Bool) throws {
    let norms = model.namedBatchNorms.map(\.layer)
    let dropouts = model.namedDropouts.map { (layer: $0.layer, passes: $0.layer.passes) }
    for norm in norms { norm.measuredPasses = 0 }
    defer {
      for norm in norms { norm.measuredPasses = nil }
      for dropout in dropouts { dropout.layer.passes = dropout.passes }
    }
    var iterator = batches.makeBatchIterator()
    while let batch = try next(&iterator) {
      let part = replicas.map { share(of: batch, among: $0) }
      BatchShare.$current.withValue(part) { _ = model.forward(batch.images, mode: .training) }
      update.joinStatistics(images: part?.isStandIn == true ? 0 : batch.count)
      if mustStop(shouldStop) { break }
    }
  }
}
