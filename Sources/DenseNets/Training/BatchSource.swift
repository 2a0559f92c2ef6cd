/// What batches come from: a loader, or an array of them.
///
/// A sequence of batches becomes a source by an empty extension; a type that is its own iterator by conforming to both
/// protocols.
public protocol BatchSource {
  /// A pass over the batches.
  func makeBatchIterator() -> any BatchIterator
}

/// A pass over batches, which may end early, because an image cannot be read.
public protocol BatchIterator {
  /// The next batch; nil after the last one.
  /// - Throws: why the batches end early.
  mutating func next() throws -> LabeledBatch?
}

extension BatchSource where Self: BatchIterator {
  public func makeBatchIterator() -> any BatchIterator { self }
}

extension BatchSource where Self: Sequence<LabeledBatch> {
  public func makeBatchIterator() -> any BatchIterator { SequenceBatches(base: makeIterator()) }
}

extension Array: BatchSource where Element == LabeledBatch {}
extension ArraySlice: BatchSource where Element == LabeledBatch {}

private struct SequenceBatches<Base: IteratorProtocol<LabeledBatch>>: BatchIterator {
  var base: Base

  mutating func next() -> LabeledBatch? { base.next() }
}
