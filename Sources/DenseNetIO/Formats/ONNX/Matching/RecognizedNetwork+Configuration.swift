import DenseNets
import Foundation

extension RecognizedNetwork {
  /// The network's configuration.
  /// - Parameters:
  ///   - stated: the file's own statement. Where the graph can be of such a network, the file is believed about what
  ///     the graph does not tell.
  ///   - naming: for a graph that does not tell.
  /// - Throws: ``WeightsProblem`` where there is no such network.
  func configuration(
    stated: DenseNet.Configuration?, naming: DenseNet.Configuration.StateNaming?
  ) throws(WeightsProblem) -> DenseNet.Configuration {
    let width = try bottleneckWidth()
    let hasBias = convolutions.contains { $0.bias != nil }
    let isChapter = stem.norm != nil && width == nil && hasBias
    var result = DenseNet.Configuration(
      inputChannels: stem.convolution.inputs, numClasses: classifier.weight.shape[0],
      stem: stem.norm == nil ? .cifar : .imageNet, initialFeatures: stem.convolution.outputs, growthRate: growthRate,
      blockLayers: blocks.map(\.count), bottleneckWidth: width, compression: 0.5,
      transitionPool: transitionPool, convolutionBias: hasBias,
      naming: naming ?? (isChapter ? .chapter : .torchvision))
    if let stated {
      var candidate = result
      candidate.naming = stated.naming
      candidate.compression = stated.compression
      candidate.dropRate = stated.dropRate
      if candidate == stated, keeps(stated.compression) { return stated }
    }
    result.compression = try compression()
    do { try result.validate() } catch {
      throw WeightsProblem("its graph is not that of a network: \(error.description)", remedy: ONNXImport.remedy)
    }
    return result
  }

  private func bottleneckWidth() throws(WeightsProblem) -> Int? {
    guard let bottleneck else { return nil }
    guard bottleneck % growthRate == 0 else {
      throw blocks[0][0][0].convolution.node.problem(
        "expected a bottleneck of a multiple of \(growthRate) channels, the growth rate, found \(bottleneck)")
    }
    return bottleneck / growthRate
  }

  /// Whether each transition keeps this share of its channels, rounded down.
  private func keeps(_ compression: Double) -> Bool {
    transitionChannels.allSatisfy { Int(Double($0.from) * compression) == $0.to }
  }

  /// The share of channels that all transitions keep: the paper's if it can be, else that with the fewest digits.
  private func compression() throws(WeightsProblem) -> Double {
    for usual in [0.5, 1] where keeps(usual) { return usual }
    let least = transitionChannels.map { Double($0.to) / Double($0.from) }.max()!
    var scale = 10.0
    while scale <= 1e15 {
      let candidate = (least * scale).rounded(.up) / scale
      if candidate <= 1, keeps(candidate) { return candidate }
      scale *= 10
    }
    if least <= 1, keeps(least) { return least }
    throw transitions[0].convolution.node.problem(
      "expected transitions that keep one share of their channels, found "
        + transitionChannels.map { "\($0.to) of \($0.from)" }.joined(separator: ", "))
  }
}

extension RecognizedNetwork {
  /// The network itself.
  /// - Precondition: the shapes are checked, and the configuration is of this network.
  func network(_ configuration: DenseNet.Configuration) -> DenseNet {
    let net = DenseNet(configuration, initialization: nil)
    for (_, layer) in net.children {
      switch layer {
      case let layer as Conv2d: stem.convolution.store(in: layer)
      case let layer as BatchNorm2d where layer === net.children.dropFirst().first?.layer: stem.norm!.store(in: layer)
      case let layer as BatchNorm2d: lastNorm.store(in: layer)
      default: break
      }
    }
    for (block, layers) in zip(net.blocks, blocks) {
      for (parts, pairs) in zip(block.convBlocks, layers) {
        for (part, pair) in zip(parts, pairs) { pair.store(part.norm, part.convolution) }
      }
    }
    for (transition, pair) in zip(net.transitions, transitions) { pair.store(transition.norm, transition.convolution) }
    net.classifier.weight.value = classifier.weight
    net.classifier.bias?.value = classifier.bias
    return net
  }
}

extension RecognizedPair {
  fileprivate func store(_ norm: BatchNorm2d, _ convolution: Conv2d) {
    self.norm.store(in: norm)
    self.convolution.store(in: convolution)
  }
}

extension RecognizedConvolution {
  fileprivate func store(in layer: Conv2d) {
    layer.weight.value = weight
    layer.bias?.value = bias ?? .zeros([outputs])
  }
}

extension RecognizedNorm {
  fileprivate func store(in layer: BatchNorm2d) {
    layer.weight.value = weight
    layer.bias.value = bias
    layer.runningMean.value = mean
    layer.runningVariance.value = variance
  }
}
