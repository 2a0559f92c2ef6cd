internal import Foundation

/// A network that only answers: its weights packed once, its memory laid out once per shape of input.
///
/// ```swift
/// let predictor = Predictor(net)
/// let logits = predictor.logits(images)      // [N, numClasses]
/// ```
/// It has taken what it needs from the network: later changes there do not show. Any number of tasks may call it; they
/// take turns. Results equal the network's own in inference mode but for rounding (batch norms are folded into the
/// convolutions before them), and are the same, bit for bit, for any number of threads.
public final class Predictor: Sendable {
  public let configuration: DenseNet.Configuration
  public let device: Device
  private let network: InferenceNetwork
  private let turn = NSLock()
  /// Only for who holds `turn`.
  nonisolated(unsafe) private var plans: [InferencePlan] = []

  /// Shapes of input whose plans are kept.
  private static let keptPlans = 4

  public init(_ model: DenseNet, device: Device = .current) {
    configuration = model.configuration
    self.device = device
    network = InferenceNetwork(model)
  }

  /// - x: `[N, inputChannels, H, W]`, normalised as the network was trained.
  /// - result: `[N, numClasses]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func logits(_ x: Tensor) throws -> Tensor {
    try withPlan(x) { plan in
      plan.run(x)
      return plan.logits()
    }
  }

  /// What the classifier sees: the last map, normalised, rectified and averaged.
  /// - x: `[N, inputChannels, H, W]`.
  /// - result: `[N, channels]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func features(_ x: Tensor) throws -> Tensor {
    let maps = try activations(x)
    let area = maps.shape[2] * maps.shape[3]
    let channels = maps.shape[1]
    var result = [Float](repeating: 0, count: maps.shape[0] * channels)
    for n in 0..<maps.shape[0] {
      var sums = [Double](repeating: 0, count: channels)
      for p in n * area..<(n + 1) * area {
        for c in 0..<channels { sums[c] += Double(maps.storage[p * channels + c]) }
      }
      for c in 0..<channels { result[n * channels + c] = Float(sums[c] / Double(area)) }
    }
    return Tensor(shape: [maps.shape[0], channels], values: result)
  }

  /// The last map, normalised and rectified: with the classifier's weights, a class activation map (Zhou et al. 2016).
  /// - x: `[N, inputChannels, H, W]`.
  /// - result: `[N, channels, h, w]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func activations(_ x: Tensor) throws -> Tensor {
    try withPlan(x) { plan in
      plan.run(x)
      return plan.activations()
    }
  }

  /// The weights by which the classifier adds up the features of a class: `[channels]`.
  public func classifierWeights(of classIndex: Int) -> Tensor { network.classifierWeights(of: classIndex) }

  private func withPlan(_ x: Tensor, _ body: (InferencePlan) -> Tensor) throws -> Tensor {
    guard x.rank == 4, x.count > 0, x.shape[1] == configuration.inputChannels else {
      throw Failure(
        .usage, "Predictor: expected input [N, \(configuration.inputChannels), H, W], found \(x.shape)")
    }
    return try turn.withLock {
      if let index = plans.firstIndex(where: { $0.inputShape == x.shape }) {
        plans.append(plans.remove(at: index))
      } else {
        if plans.count == Self.keptPlans { plans.removeFirst() }
        plans.append(try InferencePlan(network, inputShape: x.shape, device: device))
      }
      return body(plans.last!)
    }
  }
}
