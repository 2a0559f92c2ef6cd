import DenseNets

/// A DenseNet's classifier among the tensors that are not of its feature layers.
///
/// It is one linear layer, whatever it is called: `classifier`, `fc`, `head`, MONAI's `class_layers.out`, or a place in a
/// sequence with dropout around it, such as `classifier.1`.
struct NetworkHead {
  struct Candidate {
    let place: Int
    let name: String
    let shape: [Int]
  }

  /// The names of its tensors, by place.
  private(set) var names: [Int: String] = [:]
  private(set) var note: String?

  /// Best first.
  private static let known = [
    "classifier", "class_layers", "fc", "head", "linear", "last_linear", "out", "output", "logits",
  ]
  private static let auxiliary = ["aux", "loss", "center", "centre", "proxy", "margin", "arc", "proj", "domain"]

  /// - Parameters:
  ///   - rest: tensors that are not of the feature layers.
  ///   - network: the prefix of the network's names.
  ///   - channels: what the classifier reads; nil: not known.
  /// - Throws: ``WeightsProblem`` where the head is more than a linear layer, or several could be it.
  init(_ rest: [Candidate], network: String, channels: Int?) throws(WeightsProblem) {
    func isLinear(_ candidate: Candidate) -> Bool {
      let shape = candidate.shape
      let isMatrix = shape.count == 2 || shape.count == 4 && shape[2...] == [1, 1]
      return candidate.name.hasSuffix(".weight") && isMatrix && (channels == nil || shape[1] == channels)
    }
    let own = network + "classifier."
    if let weight = rest.first(where: { $0.name == own + "weight" }) {
      try take(rest.filter { $0.name.hasPrefix(own) }, of: own + "weight", weight)
      return
    }
    // From where the network stands outwards.
    for scope in Self.scopes(of: network) {
      for head in Self.known {
        let layers = rest.filter { $0.name.hasPrefix("\(scope)\(head).") }
        if let weight = layers.first(where: isLinear) {
          try take(layers, of: "\(scope)\(head)", weight)
          return
        }
        if scope == network, let other = layers.first(where: { $0.shape.count == 2 }) {
          throw WeightsProblem(
            "its head \(printable(other.name)) has the shape \(other.shape), expected \(channels ?? 0) columns, the channels of the last map",
            remedy: "save the weights without their head, and train a new one")
        }
      }
    }
    let others = rest.filter { candidate in
      isLinear(candidate) && !Self.auxiliary.contains { candidate.name.lowercased().contains($0) }
    }
    guard let only = others.first else { return }
    guard others.count == 1 else {
      throw WeightsProblem(
        "several layers could be its classifier: \(EntryNames.listed(others.map { printable($0.name) }))",
        remedy: "save the weights with one layer called classifier")
    }
    let layer = String(only.name.dropLast(".weight".count))
    // Layers around it in a sequence of its own would be lost.
    let sequence = layer.split(separator: ".").dropLast().joined(separator: ".") + "."
    if sequence != ".", !network.hasPrefix(sequence),
      let other = rest.first(where: { $0.name.hasPrefix(sequence) && !$0.name.hasPrefix(layer + ".") })
    {
      throw Self.isMore(String(sequence.dropLast()), other.name, only.name)
    }
    try take(rest.filter { $0.name.hasPrefix(layer + ".") }, of: layer, only)
    note = "\(printable(layer)) was taken as the classifier"
  }

  /// The prefix of the network and of the modules around it.
  private static func scopes(of network: String) -> [String] {
    var result = [network]
    while let last = result.last, !last.isEmpty {
      let outer = last.split(separator: ".").dropLast().joined(separator: ".")
      result.append(outer.isEmpty ? "" : outer + ".")
    }
    return result
  }

  private static func isMore(_ head: String, _ other: String, _ weight: String) -> WeightsProblem {
    WeightsProblem(
      "its head \(printable(head)) is more than one linear layer: it has \(printable(other)) beside \(printable(weight))",
      remedy: "save the weights without their head, and train a new one")
  }

  /// A layer that reads the outputs of the classifier, which is then not the network's last.
  /// - Parameters:
  ///   - extra: tensors that are not of the network.
  ///   - outputs: of the classifier.
  static func requireLast(_ extra: [NamedTensor], outputs: Int?) throws(WeightsProblem) {
    guard let outputs, outputs > 1 else { return }
    let next = extra.first { tensor in
      tensor.name.hasSuffix(".weight") && tensor.value.shape.count == 2 && tensor.value.shape[1] == outputs
        && !auxiliary.contains { tensor.name.lowercased().contains($0) }
    }
    guard let next else { return }
    throw WeightsProblem(
      "its layer \(printable(next.name)) \(next.value.shape) reads the \(outputs) outputs of the classifier, expected the classifier to be the last layer",
      remedy: "save the weights of the network alone, or those without a head, and train a new one")
  }

  private mutating func take(
    _ layers: [Candidate], of head: String, _ weight: Candidate
  ) throws(WeightsProblem) {
    let layer = String(weight.name.dropLast("weight".count))
    if let other = layers.first(where: { $0.name != weight.name && $0.name != layer + "bias" }) {
      throw Self.isMore(head, other.name, weight.name)
    }
    for layer in layers { names[layer.place] = layer.name == weight.name ? "classifier.weight" : "classifier.bias" }
  }
}
