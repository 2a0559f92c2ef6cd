/// A network's weights as inference wants them.
final class InferenceNetwork: Sendable {
  /// A dense layer: the bottleneck's convolution, if any, and the one that grows the map.
  struct Layer: Sendable {
    let bottleneck: InferenceConvolution?
    let growing: InferenceConvolution
  }

  let configuration: DenseNet.Configuration
  let stem: InferenceStem
  let blocks: [[Layer]]
  let maps: [ChannelLayout]
  let transitions: [InferenceConvolution]
  let head: InferenceConvolution
  let lastNorm: [(scale: Float, shift: Float)]
  private let classifier: [Float]

  init(_ model: DenseNet) {
    configuration = model.configuration
    stem = InferenceStem(model)
    maps = model.blocks.map(\.map.layout)
    blocks = model.blocks.map { block in
      block.layers.map { layer in
        guard let (reducing, between) = layer.bottleneck else {
          return Layer(bottleneck: nil, growing: layer.growing.frozen())
        }
        return Layer(
          bottleneck: reducing.frozen(following: layer.growing.norm),
          growing: InferenceConvolution(norm: nil, convolution: layer.growing.convolution, source: between.layout))
      }
    }
    transitions = model.transitions.map { $0.fused.frozen() }
    head = model.head.frozen()
    lastNorm = model.head.norm.inferenceAffine
    classifier = model.classifier.weight.value.storage
  }

  func classifierWeights(of classIndex: Int) -> Tensor {
    let features = lastNorm.count
    return Tensor(
      shape: [features], storage: Array(classifier[classIndex * features..<(classIndex + 1) * features]))
  }
}

/// What stands before the first block.
enum InferenceStem: Sendable {
  case pooled(PooledInferenceStem)
  /// A convolution alone, over images in a padded map.
  case convolution(InferenceConvolution, ChannelLayout)

  init(_ model: DenseNet) {
    switch model.stem {
    case let stem as ImageNetStem: self = .pooled(PooledInferenceStem(stem))
    case let stem as CIFARStem:
      let layout = ChannelLayout(slices: [stem.convolution.inChannels])
      self = .convolution(InferenceConvolution(norm: nil, convolution: stem.convolution, source: layout), layout)
    default: preconditionFailure("an unknown stem")
    }
  }
}
