/// A network's weights as inference needs them.
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
          return Layer(bottleneck: nil, growing: InferenceConvolution(layer.growing))
        }
        return Layer(
          bottleneck: InferenceConvolution(reducing, following: layer.growing.norm),
          growing: InferenceConvolution(norm: nil, convolution: layer.growing.convolution, source: between.layout))
      }
    }
    transitions = model.transitions.map { InferenceConvolution($0.fused) }
    head = InferenceConvolution(model.head)
    lastNorm = model.head.norm.inferenceAffine
    classifier = model.classifier.weight.value.storage
  }

  func classifierWeights(of classIndex: Int) -> Tensor {
    let features = lastNorm.count
    return Tensor(
      shape: [features], storage: Array(classifier[classIndex * features..<(classIndex + 1) * features]))
  }
}
