/// Joins a model's gradients with those of its replicas, each of which trains on its own part of every batch.
///
/// A ``Trainer`` calls it once per update: ``ready(_:weight:)`` for each part of the model while the backward pass
/// still works on the parts before it, so that communication and computation overlap, and then ``finish()``. With
/// accumulation, that is during the backward pass of the update's last batch, and the gradients are those of the mean
/// over all of the update's batches.
///
/// All replicas tell the same parameters in the same order: from the model's output to its input; within a part, in the
/// order of its state dictionary. Each parameter that the optimizer moves is told once per update, no other is.
///
/// Batch norms that are not frozen measure the batch of their own replica.
public protocol GradientReducer: AnyObject {
  /// These parameters' gradients are complete, and stay unchanged until ``finish()`` returns, unless the reducer
  /// changes them.
  /// - Parameter weight: what the mean that they are the gradients of counts for: the update's images, or the sum of
  ///   their labels' class weights where the loss has such. The same for all parts of an update.
  func ready(_ parameters: [Parameter], weight: Double) throws

  /// Every part was told. On return each parameter's gradient is Σ weight · gradient / Σ weight over all replicas.
  /// Clipping, and the update, come after it.
  func finish() throws
}
