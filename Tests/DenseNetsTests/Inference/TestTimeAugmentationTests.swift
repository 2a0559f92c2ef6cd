import Foundation
import Testing

@testable import DenseNets

@Suite struct TestTimeAugmentationTests {
  @Test func mirrorsImages() {
    let images = Tensor(shape: [2, 2, 1, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    #expect(images.mirrored().values == [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10])
    #expect(images.mirrored().mirrored() == images)
  }

  /// By hand, in double precision.
  @Test func averagesProbabilities() throws {
    let logits: [[Float]] = [[1, -2, 0.5], [200, -300, 199]]
    let images = Tensor(shape: [1, 1, 1, 2], values: [0, 1])
    let result = TestTimeAugmentation.flip.logits(images) { seen in
      Tensor(shape: [1, 3], values: logits[seen.values[0] == 0 ? 0 : 1])
    }
    func softmax(_ values: [Float]) -> [Double] {
      let powers = values.map { exp(Double($0) - Double(values.max()!)) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let expected = zip(softmax(logits[0]), softmax(logits[1])).map { ($0 + $1) / 2 }
    for (value, probability) in zip(result.values, expected) {
      #expect(abs(exp(Double(value)) - probability) < 1e-6 * probability)
    }
    #expect(abs(result.values.reduce(0) { $0 + exp(Double($1)) } - 1) < 1e-6)
    let plain = TestTimeAugmentation.none.logits(images) { _ in Tensor(shape: [1, 3], values: logits[1]) }
    #expect(plain.values == logits[1])
  }
}
