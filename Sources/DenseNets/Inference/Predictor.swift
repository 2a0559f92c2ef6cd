internal import Foundation

/// An inference-only network: its weights are packed once, and its memory laid out once per shape of input.
///
/// ```swift
/// let predictor = Predictor(net)
/// let logits = try predictor.logits(images)      // [N, numClasses]
/// let both = try predictor.run(images, outputs: [.logits, .features])
/// ```
/// It holds a copy of the network's weights: later changes there do not show. Any number of tasks may call it; they take
/// turns. Results equal the network's own in inference mode but for rounding (batch norms are folded into the
/// convolutions before them), and are the same, bit for bit, for any number of threads; those of a quantized network
/// whose stem pools are the same on every instruction set too.
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

  /// The same with bytes: faster where the machine multiplies them, and in a quarter of the memory. A stem that does not
  /// pool (CIFAR's) and the classifier are computed in fp32, whatever the device's precision.
  /// - Throws: ``Failure`` where the quantization is of another network.
  public init(_ model: DenseNet, quantization: Quantization, device: Device = .current) throws(Failure) {
    configuration = model.configuration
    self.device = device
    network = try InferenceNetwork(model, quantization)
  }

  /// What the maps of blocks hold.
  public var precision: Precision { network.precision(on: device) }

  /// What a pass can return.
  public struct Outputs: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let logits = Outputs(rawValue: 1)
    public static let features = Outputs(rawValue: 2)
    public static let activations = Outputs(rawValue: 4)
    public static let maps = Outputs(rawValue: 8)
  }

  /// What one pass returned: what it was asked for, and nil for the rest.
  public struct Output: Sendable {
    /// `[N, numClasses]`.
    public let logits: Tensor?
    /// What the classifier sees, `[N, channels]`: the last map, normalised, rectified and averaged.
    public let features: Tensor?
    /// The last map, normalised and rectified, `[N, channels, h, w]`: with the classifier's weights, a class activation
    /// map (Zhou et al. 2016).
    public let activations: Tensor?
    /// What each dense block holds at its end, `[N, channels, h, w]`: the channels that came in, then those of its layers,
    /// in order.
    public let maps: [Tensor]?
  }

  /// One pass through the network, whatever is asked for.
  /// - Parameters:
  ///   - x: `[N, inputChannels, H, W]`, normalised as in training.
  ///   - outputs: what to return; the rest is not computed.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func run(_ x: Tensor, outputs: Outputs = .logits) throws -> Output {
    try withPlan(x) { plan in
      let reader = outputs.contains(.maps) ? MapReader(plan) : nil
      plan.run(x, classifies: outputs.contains(.logits), observer: reader)
      let last = outputs.isDisjoint(with: [.features, .activations]) ? nil : plan.activations()
      return Output(
        logits: outputs.contains(.logits) ? plan.logits() : nil,
        features: outputs.contains(.features) ? last.map(Self.averages) : nil,
        activations: outputs.contains(.activations) ? last : nil, maps: reader?.maps)
    }
  }

  /// The network's logits.
  /// - x: `[N, inputChannels, H, W]`, normalised as in training.
  /// - result: `[N, numClasses]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func logits(_ x: Tensor) throws -> Tensor { try run(x, outputs: .logits).logits! }

  /// The classifier's input, see ``Output/features``.
  /// - x: `[N, inputChannels, H, W]`.
  /// - result: `[N, channels]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func features(_ x: Tensor) throws -> Tensor { try run(x, outputs: .features).features! }

  /// The last map, see ``Output/activations``.
  /// - x: `[N, inputChannels, H, W]`.
  /// - result: `[N, channels, h, w]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func activations(_ x: Tensor) throws -> Tensor { try run(x, outputs: .activations).activations! }

  /// The mean of every channel: `[N, channels]` from `[N, channels, h, w]`.
  private static func averages(_ maps: Tensor) -> Tensor {
    let (images, channels, area) = (maps.shape[0], maps.shape[1], maps.shape[2] * maps.shape[3])
    var result = [Float](repeating: 0, count: images * channels)
    for n in 0..<images {
      var sums = [Double](repeating: 0, count: channels)
      for p in n * area..<(n + 1) * area {
        for c in 0..<channels { sums[c] += Double(maps.storage[p * channels + c]) }
      }
      for c in 0..<channels { result[n * channels + c] = Float(sums[c] / Double(area)) }
    }
    return Tensor(shape: [images, channels], values: result)
  }

  /// The weights by which the classifier adds up the features of a class: `[channels]`.
  public func classifierWeights(of classIndex: Int) -> Tensor { network.classifierWeights(of: classIndex) }

  private func withPlan<R>(_ x: Tensor, _ body: (InferencePlan) -> R) throws -> R {
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

/// Copies each block's map as soon as it is complete: a later block may take its memory.
private final class MapReader: PassObserver {
  private let plan: InferencePlan
  private(set) var maps: [Tensor] = []

  init(_ plan: InferencePlan) { self.plan = plan }

  func observe(_ site: PassSite, _ values: MapSlice, stride: Int, images: Int, size: Extent) {
    if case .map(let block) = site { maps.append(plan.map(ofBlock: block)) }
  }
}
