/// What lets a network's inference compute with bytes: its convolutions' weights, and what the bytes of its maps stand for.
///
/// ```swift
/// let calibrator = QuantizationCalibrator(net)
/// for batch in batches { try calibrator.observe(batch) }
/// let predictor = Predictor(net, quantization: calibrator.quantization())
/// ```
/// A block's channels are stored once, each with a scale and a zero of its own. Whoever reads them applies batch norm and
/// ReLU per channel anyway, and rounds again to bytes of a scale that its weights make up for; so nothing is
/// concatenated at a common scale. Products are summed in integers, exactly.
///
/// It has all convolutions of blocks and transitions, and the classifier. The convolution of a stem that pools may be among
/// them: then images are rounded to bytes too. Else, and of other stems, it stays in fp32.
public struct Quantization: Sendable, Equatable {
  /// A convolution, or the classifier. Its output is `correction + Σ w·a`, with the weight
  /// `w = weight · weightScale[out] / inputScale[in]` and the normalised, rectified and pooled input
  /// `a = (byte − inputZero) · inputScale[in]`.
  public struct Convolution: Sendable, Equatable {
    /// From −127 to 127, `[out, kernel height, kernel width, in]`.
    public var weight: [Int8]
    /// `[out]`.
    public var weightScale: [Float]
    /// `[in]`.
    public var inputScale: [Float]
    /// Added to each output for the mean of what rounding takes from it, `[out]`.
    public var correction: [Float]
    /// The byte of an input of 0, a whole number from 0 to 255. Only what the network's first convolution reads may be
    /// negative; its inputs have one scale. Of all others, it is 0.
    public var inputZero: Float

    public init(
      weight: [Int8], weightScale: [Float], inputScale: [Float], correction: [Float], inputZero: Float = 0
    ) {
      (self.weight, self.weightScale, self.inputScale) = (weight, weightScale, inputScale)
      (self.correction, self.inputZero) = (correction, inputZero)
    }

    /// The weights in fp32, in the same order.
    public var realWeight: [Float] {
      let row = weight.count / max(weightScale.count, 1)
      return weight.indices.map { Float(weight[$0]) * weightScale[$0 / row] / inputScale[$0 % inputScale.count] }
    }
  }

  /// What the bytes of some channels of a map stand for: `(byte − zero) · scale`.
  public struct Slice: Sendable, Equatable {
    public var scale: [Float]
    /// A whole number from 0 to 255.
    public var zero: [Float]

    public init(scale: [Float], zero: [Float]) { (self.scale, self.zero) = (scale, zero) }
  }

  /// By the name that a layer's parameters have in the network's state, such as `features.denseblock1.denselayer1.conv1`.
  public var convolutions: [String: Convolution]
  /// What convolutions write into blocks, by their names; the first one's is what the first block begins with.
  public var outputs: [String: Slice]

  public init(convolutions: [String: Convolution] = [:], outputs: [String: Slice] = [:]) {
    (self.convolutions, self.outputs) = (convolutions, outputs)
  }

  /// Checks that this is a quantization of such a network.
  /// - Throws: ``Failure`` that names what is missing, left over or of another size.
  public func requireFit(to model: DenseNet) throws(Failure) {
    let sites = QuantizationSites(model)
    try sites.requireSumsFit()
    var wanted = Dictionary(uniqueKeysWithValues: sites.convolutions.map { ($0.name, $0.convolution) })
    if let stem = sites.pooledStem, convolutions[sites.first] != nil { wanted[sites.first] = stem.convolution }
    let writers = Dictionary(uniqueKeysWithValues: sites.outputs.map { ($0.name, $0.channels) })
    for name in wanted.keys.sorted() where convolutions[name] == nil {
      throw Self.misfit("\(name): expected, not found")
    }
    for name in writers.keys.sorted() where outputs[name] == nil {
      throw Self.misfit("the output of \(name): expected, not found")
    }
    for (name, own) in convolutions.sorted(by: { $0.key < $1.key }) {
      guard let layer = wanted[name] else {
        throw Self.misfit("\(name): found, but the network has no such convolution")
      }
      guard own.weight.count == layer.weight.value.count, own.weightScale.count == layer.outputChannels,
        own.inputScale.count == layer.inputChannels, own.correction.count == layer.outputChannels
      else { throw Self.misfit("\(name): expected weights of shape \(layer.weight.shape) with their scales") }
      if let fault = own.fault { throw Self.misfit("\(name): \(fault)") }
      guard name == sites.first || own.inputZero == 0 else {
        throw Self.misfit("\(name): expected 0 as the zero of its inputs, found \(own.inputZero)")
      }
      guard name != sites.first || Set(own.inputScale).count == 1 else {
        throw Self.misfit("\(name): expected one scale for all its inputs")
      }
    }
    for (name, own) in outputs.sorted(by: { $0.key < $1.key }) {
      guard let channels = writers[name] else {
        throw Self.misfit("the output of \(name): found, but nothing reads it")
      }
      guard own.scale.count == channels, own.zero.count == channels else {
        throw Self.misfit("the output of \(name): expected \(channels) scales and zeros")
      }
      if let fault = own.fault { throw Self.misfit("the output of \(name): \(fault)") }
    }
    for (name, norm) in model.namedBatchNorms {
      guard norm.inferenceAffine.allSatisfy({ $0.scale.isFinite && $0.shift.isFinite }) else {
        throw Failure(
          .invalidData,
          "\(name): expected statistics that make finite factors, found others; use weights from before they were damaged"
        )
      }
    }
  }

  private static func misfit(_ what: String) -> Failure {
    Failure(.invalidData, "quantization: \(what); quantize the weights again")
  }
}

/// The places of a network that a quantization has to do with.
struct QuantizationSites {
  /// Convolutions of bytes, in the order of a pass.
  private(set) var convolutions: [(name: String, convolution: any Convolving)] = []
  /// Who writes into blocks, and how many channels.
  private(set) var outputs: [(name: String, channels: Int)] = []
  /// The convolution before the first block.
  let first: String
  /// What stands there, if its convolution can be of bytes.
  let pooledStem: ImageNetStem?
  private let names: [ObjectIdentifier: String]

  init(_ model: DenseNet) {
    names = Dictionary(
      model.namedState.compactMap { entry in
        entry.name.hasSuffix(".weight")
          ? (ObjectIdentifier(entry.parameter), String(entry.name.dropLast(".weight".count))) : nil
      }, uniquingKeysWith: { first, _ in first })
    let stem = model.stem.layers.lazy.compactMap { $0.layer as? Conv2d }.first!
    first = names[ObjectIdentifier(stem.weight)]!
    pooledStem = model.stem as? ImageNetStem
    outputs.append((first, stem.outputChannels))
    for (index, block) in model.blocks.enumerated() {
      for layer in block.layers {
        if let reducing = layer.bottleneck?.convolution { add(reducing.convolution) }
        add(layer.growing.convolution, writes: true)
      }
      if index < model.transitions.count { add(model.transitions[index].fused.convolution, writes: true) }
    }
    add(model.head.convolution)
  }

  private mutating func add(_ convolution: any Convolving, writes: Bool = false) {
    let name = name(of: convolution)
    convolutions.append((name, convolution))
    if writes { outputs.append((name, convolution.outputChannels)) }
  }

  /// Products of 255 and 127 whose sum fits 31 bits.
  private static let mostProducts = Int(Int32.max) / (255 * 127)

  /// - Throws: ``Failure`` where a convolution has too many inputs for sums in 32 bits.
  func requireSumsFit() throws(Failure) {
    for (name, convolution) in convolutions {
      let count = convolution.inputChannels * convolution.kernelSize.area
      guard count <= Self.mostProducts else {
        throw Failure(
          .usage,
          "\(name): expected at most \(Self.mostProducts) products per output, found \(count): more overflow a sum of bytes' products in 32 bits"
        )
      }
    }
  }

  func name(of convolution: any Convolving) -> String { names[ObjectIdentifier(convolution.weight)]! }
}
