/// A network's weights as inference needs them.
final class InferenceNetwork: Sendable {
  /// A dense layer: the bottleneck's convolution, if any, and the one that grows the map.
  struct Layer: Sendable {
    let bottleneck: (any InferenceConvolving)?
    let growing: any InferenceConvolving
  }

  let configuration: DenseNet.Configuration
  let stem: InferenceStem
  /// Whether the stem writes numbers, of which the first map has bytes.
  let roundsStem: Bool
  let blocks: [[Layer]]
  let maps: [ChannelLayout]
  let transitions: [any InferenceConvolving]
  let head: any InferenceConvolving
  /// What the bytes of each block's map stand for; nil: maps are of numbers.
  let quantizedMaps: [QuantizedMap]?
  /// What is after each block: the batch norm of the transition, or the last.
  let norms: [[(scale: Float, shift: Float)]]
  private let classifier: [Float]

  init(_ model: DenseNet) {
    configuration = model.configuration
    stem = InferenceStem(model)
    roundsStem = false
    maps = model.blocks.map(\.map.layout)
    blocks = model.blocks.map { block in
      block.layers.map { layer in
        guard let (reducing, between) = layer.bottleneck else {
          return Layer(bottleneck: nil, growing: InferenceConvolution(layer.growing))
        }
        return Layer(
          bottleneck: InferenceConvolution(reducing, following: layer.growing.norm),
          growing: InferenceConvolution(norm: nil, convolution: layer.growing.convolution, source: between.layout))
      }
    }
    transitions = model.transitions.map { InferenceConvolution($0.fused) }
    head = InferenceConvolution(model.head)
    quantizedMaps = nil
    norms = Self.norms(model)
    classifier = model.classifier.weight.value.storage
  }

  /// The same of bytes.
  /// - Throws: ``Failure`` where that is a quantization of another network.
  init(_ model: DenseNet, _ quantization: Quantization) throws(Failure) {
    try quantization.requireFit(to: model)
    let sites = QuantizationSites(model)
    func own(_ convolution: any Convolving) -> Quantization.Convolution {
      quantization.convolutions[sites.name(of: convolution)]!
    }
    func written(by convolution: any Convolving) -> Quantization.Slice {
      quantization.outputs[sites.name(of: convolution)]!
    }
    func reading(_ fused: FusedConvolution, of map: QuantizedMap, output: QuantizedConvolution.Output)
      -> QuantizedConvolution
    {
      QuantizedConvolution(
        norm: (fused.norm, map.channels(fused.sourceLayout.channels)), convolution: fused.convolution,
        source: fused.sourceLayout, own: own(fused.convolution), output: output)
    }
    configuration = model.configuration
    if let pooled = sites.pooledStem, let own = quantization.convolutions[sites.first] {
      stem = .pooled(QuantizedStem(pooled, own: own, output: quantization.outputs[sites.first]!))
      roundsStem = false
    } else {
      stem = InferenceStem(model)
      roundsStem = true
    }
    maps = model.blocks.map(\.map.layout)
    let quantizedMaps = model.blocks.enumerated().map { b, block in
      let first = b == 0 ? quantization.outputs[sites.first]! : written(by: model.transitions[b - 1].fused.convolution)
      return QuantizedMap(
        layout: block.map.layout, slices: [first] + block.layers.map { written(by: $0.growing.convolution) })
    }
    blocks = model.blocks.enumerated().map { b, block in
      block.layers.map { layer in
        let convolution = layer.growing.convolution
        let output = QuantizedConvolution.Output.slice(written(by: convolution))
        guard let (reducing, between) = layer.bottleneck else {
          return Layer(bottleneck: nil, growing: reading(layer.growing, of: quantizedMaps[b], output: output))
        }
        let scale = own(convolution).inputScale
        return Layer(
          bottleneck: reading(
            reducing, of: quantizedMaps[b], output: .rectified(norm: layer.growing.norm, scale: scale)),
          growing: QuantizedConvolution(
            norm: nil, convolution: convolution, source: between.layout, own: own(convolution), output: output))
      }
    }
    let poolsLast = configuration.transitionPool == .max
    transitions = model.transitions.enumerated().map { b, transition in
      reading(
        transition.fused, of: quantizedMaps[b],
        output: poolsLast ? .real : .slice(written(by: transition.fused.convolution)))
    }
    head = reading(model.head, of: quantizedMaps.last!, output: .real)
    self.quantizedMaps = quantizedMaps
    norms = Self.norms(model)
    classifier = model.classifier.weight.value.storage
  }

  private static func norms(_ model: DenseNet) -> [[(scale: Float, shift: Float)]] {
    (model.transitions.map(\.fused) + [model.head]).map { $0.norm.inferenceAffine }
  }

  var lastNorm: [(scale: Float, shift: Float)] { norms.last! }

  /// The windows that are averaged after a block, whose map is of `size`, before the convolution; nil: none.
  func pool(after block: Int, size: Extent) -> Extent? {
    if block == transitions.count { return size }
    return configuration.transitionPool == .average ? 2 : nil
  }

  /// Channels that the stem writes, padded.
  var stemChannels: Int { padded(configuration.initialFeatures) }
  /// What the maps of blocks hold.
  func precision(on device: Device) -> Precision { quantizedMaps == nil ? device.precision : .int8 }

  func classifierWeights(of classIndex: Int) -> Tensor {
    let features = lastNorm.count
    return Tensor(
      shape: [features], storage: Array(classifier[classIndex * features..<(classIndex + 1) * features]))
  }
}
