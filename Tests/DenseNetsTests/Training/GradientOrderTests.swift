import Testing

@testable import DenseNets

@Suite struct GradientOrderTests {
  /// Every parameter that is trained, once, from the output to the input, when its gradient is complete.
  @Test(arguments: [nil, FrozenPart.blocks(1), .features])
  func partsAreToldInBackwardOrder(_ frozen: FrozenPart?) throws {
    let net = FreezingTests.network(FreezingTests.configurations[0])
    if let frozen { try net.freeze(frozen) }
    let stem = net.namedParameters[0].parameter
    let names = Dictionary(
      uniqueKeysWithValues: net.namedParameters.map { (ObjectIdentifier($0.parameter), $0.name) })
    var told: [[String]] = []
    let logits = net.forward(FreezingTests.images(3), mode: .training)
    _ = net.backward(Tensor.ones(logits.shape), needsInputGradient: false) { parameters in
      // While the first part is told, the pass has not reached the stem.
      if told.isEmpty { #expect(stem.gradient == .zeros(stem.shape)) }
      told.append(parameters.map { names[ObjectIdentifier($0)]! })
    }
    let trained = Set(net.trainableParameters.map(\.name))
    let expected = Self.backwardParts(net).map { part in
      net.namedParameters.map(\.name).filter { name in part.contains { name.hasPrefix($0 + ".") } }
    }.filter { !trained.isDisjoint(with: $0) }
    #expect(told.filter { !trained.isDisjoint(with: $0) } == expected)
  }

  /// The children that make up each part.
  private static func backwardParts(_ net: DenseNet) -> [[String]] {
    let names = net.children.map(\.name)
    let first = net.children.firstIndex { $0.layer is DenseBlock }!
    return [Array(names.suffix(2))] + names[first..<names.count - 2].reversed().map { [$0] } + [Array(names[..<first])]
  }
}
