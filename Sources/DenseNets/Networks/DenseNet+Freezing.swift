/// The part of a network that fine-tuning leaves unchanged.
public enum FrozenPart: Sendable, Equatable, Codable {
  /// All but the classifier.
  case features
  /// The stem and the first so many blocks, with the transitions after them.
  case blocks(Int)
}

extension DenseNet {
  /// Leaves a part of the network unchanged in training: its weights get no gradients, its batch norms use and keep
  /// their running statistics, and nothing is dropped there. ``trainableParameters`` are then the others.
  /// - Throws: ``Failure`` of kind `usage` where the network has fewer blocks.
  public func freeze(_ part: FrozenPart) throws(Failure) {
    switch part {
    case .features:
      frozenBlocks = blocks.count
      head.norm.isFrozen = true
    case .blocks(let count):
      guard (1...blocks.count).contains(count) else {
        throw Failure(.usage, "expected 1 to \(blocks.count) blocks to freeze, found \(count)")
      }
      frozenBlocks = count
    }
    for layer in blocks[..<frozenBlocks].flatMap(\.layers) { layer.isFrozen = true }
    for (_, norm) in frozenChildren.flatMap(Self.norms) { norm.isFrozen = true }
  }

  /// Lets every batch norm use and keep its running statistics in training, with γ and β unchanged.
  public func freezeNorms() {
    for (_, norm) in namedBatchNorms { norm.isFrozen = true }
  }

  /// The parameters that training moves, by their state-dict names.
  public var trainableParameters: [(name: String, parameter: Parameter)] {
    let frozen = Set(frozenChildren.map(\.name)).union(head.norm.isFrozen ? [names.lastNorm] : [])
    let norms = Set(namedBatchNorms.filter { $0.layer.isFrozen }.map(\.name))
    return children.flatMap { child -> [(name: String, parameter: Parameter)] in
      if frozen.contains(child.name) { return [] }
      return child.layer.namedParameters.map { ("\(child.name).\($0.name)", $0.parameter) }
    }.filter { entry in !norms.contains(String(entry.name.prefix(upTo: entry.name.lastIndex(of: ".")!))) }
  }

  /// What stands before the first block that is trained.
  private var frozenChildren: [(name: String, layer: any Layer)] {
    if frozenBlocks == 0 { return [] }
    let frozen = Set(
      stem.layers.compactMap { names.stem($0.name) } + (0..<frozenBlocks).map { names.block($0) }
        + (0..<min(frozenBlocks, transitions.count)).map { names.transition($0) })
    return children.filter { frozen.contains($0.name) }
  }

  private static func norms(_ child: (name: String, layer: any Layer)) -> [(name: String, layer: BatchNorm2d)] {
    if let norm = child.layer as? BatchNorm2d { return [(child.name, norm)] }
    return child.layer.namedBatchNorms.map { ("\(child.name).\($0.name)", $0.layer) }
  }
}
