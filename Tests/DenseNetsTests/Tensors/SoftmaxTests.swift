import Foundation
import Testing

@testable import DenseNets

@Suite struct SoftmaxTests {
  /// exp(0), exp(log 3) and exp(log 4) are 1, 3 and 4 eighths.
  @Test func equalsHandValues() {
    let logits = Tensor(shape: [2, 3], values: [0, Float(log(3.0)), Float(log(4.0)), 5, 5, 5])
    let sums: [Double] = [log(8.0), 5 + log(3.0)]
    let expected: [Float] = [0.125, 0.375, 0.5, 1 / 3, 1 / 3, 1 / 3]
    for (found, wanted) in zip(logits.softmax().values, expected) { #expect(abs(found - wanted) < 1e-7) }
    for (found, wanted) in zip(logits.logSoftmax().values, expected) { #expect(abs(exp(found) - wanted) < 1e-6) }
    for (found, wanted) in zip(logits.logSumExp(), sums) { #expect(abs(found - wanted) < 1e-6) }
    #expect(logits.softmax().shape == [2, 3])
  }

  /// exp(89) is more than a Float holds, exp(710) more than a Double.
  @Test func largeLogitsDoNotOverflow() {
    let logits = Tensor(shape: [2, 2], values: [30_000, 30_000, 1000, -1000])
    #expect(logits.softmax().values == [0.5, 0.5, 1, 0])
    #expect(logits.logSoftmax().values == [Float(-log(2.0)), Float(-log(2.0)), 0, -2000])
    #expect(logits.logSumExp() == [30_000 + log(2.0), 1000])
  }

  @Test func rowsSumToOne() {
    for row in Tensor.randn([5, 101], seed: 1).softmaxRows() {
      #expect(abs(row.reduce(0, +) - 1) < 1e-14 && row.allSatisfy { $0 > 0 })
    }
  }
}
