// A custom layer among the library's: SiLU (Elfwing et al. 2018) in place of a ReLU.
import DenseNetData
import DenseNets
import Foundation

/// `x · σ(x)`, as `torch.nn.SiLU`. Any shape.
final class SiLU: Layer {
  private var input: Tensor?

  func outputShape(_ shape: [Int]) throws -> [Int] { shape }

  func forward(_ x: Tensor, mode: Mode) -> Tensor {
    if mode == .training { input = x }
    return x.map { $0 * Self.sigmoid($0) }
  }

  func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let input else { preconditionFailure("backward follows a forward pass in training mode") }
    return outputGradient.zipped(with: input) { gradient, x in
      let s = Self.sigmoid(x)
      return gradient * (s + x * s * (1 - s))
    }
  }

  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

let network = Sequential(
  Conv2d(1, 16, kernelSize: 3, padding: 1), DenseBlock(layers: 3, inputChannels: 16, growthRate: 12),
  BatchNorm2d(52), SiLU(), GlobalAvgPool2d(), Flatten(), Linear(52, 10))
network.initialize(.heNormal, seed: 0)

let sample = try BundledSample.load()
let preprocessing = Preprocessing.squashed(channels: 1, size: 28)
let trainer = Trainer(model: network, optimizer: SGD(network, learningRate: 0.1, momentum: 0.9))
let result = try trainer.fit(
  TrainingPlan(epochs: 2, batchesPerEpoch: (sample.train.count + 63) / 64),
  batches: { epoch, first in
    BatchLoader(
      sample.train, preprocessing: preprocessing, batchSize: 64,
      order: EpochOrder.shuffled(count: sample.train.count, seed: 0, epoch: epoch), firstBatch: first)
  },
  test: { BatchLoader(sample.test, preprocessing: preprocessing, batchSize: 64, order: Array(0..<sample.test.count)) })
print("loss \(result.last.train.loss), test acc \(result.last.test.accuracy)")
