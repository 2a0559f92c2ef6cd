internal import Foundation

// Logits `[N, classes]` to probabilities. Every row is computed in double precision, and relative to its greatest
// logit, so that no exponential overflows.

extension Tensor {
  /// The probabilities of the classes, as `torch.softmax(x, 1)`: `[N, classes]` from logits `[N, classes]`.
  public func softmax() -> Tensor { Tensor(shape: shape, values: softmaxRows().flatMap { $0.map(Float.init) }) }

  /// The logarithms of ``softmax()``, as `torch.log_softmax(x, 1)`: `[N, classes]` from logits `[N, classes]`.
  public func logSoftmax() -> Tensor { Tensor(shape: shape, values: logSoftmaxRows().flatMap { $0.map(Float.init) }) }

  /// Row by row, log Σ exp of logits `[N, classes]`: minus the label's logit, it is the cross entropy.
  public func logSumExp() -> [Double] { logitRows().map(\.logSumExp) }

  /// ``softmax()`` in double precision, row by row.
  package func softmaxRows() -> [[Double]] { logitRows().map(\.probabilities) }

  /// ``logSoftmax()`` in double precision, row by row.
  package func logSoftmaxRows() -> [[Double]] { logitRows().map(\.logProbabilities) }

  /// The probabilities of labels that are independent, as `torch.sigmoid(x)`, in double precision, row by row.
  package func sigmoidRows() -> [[Double]] {
    precondition(rank == 2 && shape[1] > 0, "expected logits [N, labels], found shape \(shape)")
    return (0..<shape[0]).map { row in storage[row * shape[1]..<(row + 1) * shape[1]].map { sigmoid(Double($0)) } }
  }

  private func logitRows() -> [LogitRow] {
    precondition(rank == 2 && shape[1] > 0, "expected logits [N, classes], found shape \(shape)")
    return (0..<shape[0]).map { LogitRow(storage[$0 * shape[1]..<($0 + 1) * shape[1]]) }
  }
}

/// The logits of one example, in double precision.
package struct LogitRow {
  /// exp(logit − greatest logit) of each class.
  package let exponentials: [Double]
  /// Of the exponentials.
  package let sum: Double
  private let logits: [Double]
  private let greatest: Double

  /// - Precondition: there is a class.
  package init(_ row: some Collection<Float>) {
    logits = row.map(Double.init)
    let greatest = logits.max()!
    exponentials = logits.map { exp($0 - greatest) }
    sum = exponentials.reduce(0, +)
    self.greatest = greatest
  }

  package var logSumExp: Double { log(sum) + greatest }
  package var probabilities: [Double] { exponentials.map { $0 / sum } }
  package var logProbabilities: [Double] { logits.map { $0 - greatest - log(sum) } }
}

/// 1/(1 + exp(−x)), without exponentials that overflow.
package func sigmoid(_ x: Double) -> Double {
  let small = exp(-abs(x))
  return (x >= 0 ? 1 : small) / (1 + small)
}
