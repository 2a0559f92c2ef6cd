/// Batches that may end before their time, because an image cannot be had.
public protocol BatchSource: Sequence<LabeledBatch>, Sendable {
  /// Why there are no more batches, where that is not the end.
  var failure: Failure? { get }
}

extension Sequence<LabeledBatch> {
  /// To be asked after the last batch.
  /// - Throws: why batches ended before their time, where the source knows.
  public func requireEnd() throws(Failure) {
    if let failure = (self as? any BatchSource)?.failure { throw failure }
  }
}
