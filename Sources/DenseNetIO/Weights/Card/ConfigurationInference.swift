import DenseNets

extension WeightsFile {
  /// The file's ``card``. Where it names no network, the model and its configuration are those that the shapes of the
  /// tensors tell, if they have torchvision's names.
  public var networkCard: ModelCard {
    var card = card
    if card.model != nil || card.configuration != nil { return card }
    guard let configuration = ConfigurationInference(self).configuration else { return card }
    card.model = configuration.knownName ?? "densenet"
    card.configuration = CardEntry(configuration)
    return card
  }
}

extension DenseNet.Configuration {
  /// The name of this network, whatever its channels and classes.
  var knownName: String? {
    let family = [true, false].map { bottleneck in
      let depth = (bottleneck ? 6 : 3) * (blockLayers.first ?? 0) + 4
      return "densenet\(bottleneck ? "-bc" : "")-\(depth)-\(growthRate)"
    }
    return (Self.names + family).first { name in
      guard var named = try? Self(named: name) else { return false }
      (named.inputChannels, named.numClasses) = (inputChannels, numClasses)
      return named == self
    }
  }
}

/// A network's configuration, inferred from the shapes of its tensors by torchvision's names.
private struct ConfigurationInference {
  private let shapes: [String: [Int]]

  init(_ file: WeightsFile) {
    shapes = Dictionary(file.tensors.map { ($0.name, $0.value.shape) }, uniquingKeysWith: { first, _ in first })
  }

  private func kernels(_ name: String) -> [Int]? {
    guard let shape = shapes["features.\(name).weight"], shape.count == 4,
      shape.allSatisfy({ (1...1 << 16).contains($0) })
    else { return nil }
    return shape
  }

  /// Nil where the tensors are of no such network; whether all of them fit is for the state dictionary to tell.
  var configuration: DenseNet.Configuration? {
    // Feature layers alone are of a network for any number of classes.
    guard let stem = kernels("conv0"),
      case let classes = shapes["classifier.weight"]?.first ?? (shapes["classifier.bias"] == nil ? 1000 : 0),
      classes > 0
    else { return nil }
    var layers: [Int] = []
    while let count = layerCount(of: layers.count + 1) { layers.append(count) }
    guard let first = kernels("denseblock1.denselayer1.conv1") else { return nil }
    let second = kernels("denseblock1.denselayer1.conv2")
    let growth = second?[0] ?? first[0]
    guard first[0] % growth == 0 else { return nil }
    var result = DenseNet.Configuration(
      inputChannels: stem[1], numClasses: classes, stem: stem[2] == 7 ? .imageNet : .cifar, initialFeatures: stem[0],
      growthRate: growth, blockLayers: layers, bottleneckWidth: second == nil ? nil : first[0] / growth,
      compression: 1, convolutionBias: shapes["features.conv0.bias"] != nil, naming: .torchvision)
    let transitions = (1..<max(1, layers.count)).compactMap { kernels("transition\($0).conv") }
    guard transitions.count == layers.count - 1 else { return nil }
    let shares = [0.5, 1] + transitions.map { Double($0[0]) / Double($0[1]) }
    guard
      let share = shares.first(where: { share in transitions.allSatisfy { Int(Double($0[1]) * share) == $0[0] } })
    else { return nil }
    result.compression = share
    return (try? result.validate()) == nil ? nil : result
  }

  /// Layers of block `block`; nil where there is none.
  private func layerCount(of block: Int) -> Int? {
    guard block <= 16 else { return nil }
    let count = (1...1024).prefix { kernels("denseblock\(block).denselayer\($0).conv1") != nil }.count
    return count == 0 ? nil : count
  }
}
