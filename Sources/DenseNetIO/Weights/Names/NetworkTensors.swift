import DenseNets

/// The names of a DenseNet's tensors among those of a file.
struct NetworkTensors {
  /// By the file's tensors; nil for those that are not of the network.
  private(set) var names: [String?]
  private(set) var notes: [String] = []

  /// Counters that profilers hang onto every layer.
  private static let profiles = ["total_ops", "total_params"]

  /// - Throws: ``WeightsProblem`` for a network that no DenseNet of this package is.
  init(_ tensors: [NamedTensor], _ anchor: NetworkAnchor) throws(WeightsProblem) {
    names = tensors.map { tensor in
      let name = NetworkAnchor.unwrapped(tensor.name)
      let last = name.split(separator: ".").last.map(String.init) ?? ""
      return Self.profiles.contains(last) ? nil : Self.feature(name, anchor)
    }
    for (tensor, name) in zip(tensors, names) where name != nil && tensor.value.shape.count == 5 {
      throw WeightsProblem(
        "\(printable(tensor.name)) is of a convolution in three dimensions, expected a network for images",
        remedy: "use weights of a network for images")
    }
    if anchor.naming == .chapter { return }
    // The classifier reads the channels that the last norm has.
    let last = zip(tensors, names).first { $1?.hasPrefix("features.norm5.") == true && $0.value.shape.count == 1 }
    let rest = tensors.indices.filter { names[$0] == nil }.map { place in
      NetworkHead.Candidate(
        place: place, name: NetworkAnchor.unwrapped(tensors[place].name), shape: tensors[place].value.shape)
    }
    let head = try NetworkHead(rest, network: anchor.network, channels: last?.0.value.count)
    for (place, name) in head.names { names[place] = name }
    if let note = head.note { notes.append(note) }
  }

  /// The name of a feature layer's tensor; nil for another tensor.
  private static func feature(_ name: String, _ anchor: NetworkAnchor) -> String? {
    guard name.hasPrefix(anchor.prefix) else { return nil }
    let rest = String(name.dropFirst(anchor.prefix.count))
    if anchor.naming == .chapter { return rest.first?.isNumber == true ? rest : nil }
    return anchor.isExact || isLayer(rest) ? modern("features." + rest) : nil
  }

  private static let layers: Set<Substring> = ["conv", "norm", "denseblock", "transition"]

  /// Whether a name begins with that of a layer: `denseblock1.`, `norm_final.`.
  private static func isLayer(_ name: String) -> Bool {
    guard let end = name.firstIndex(of: ".") else { return false }
    let first = name[..<end]
    guard let digits = first.firstIndex(where: { $0.isASCII && $0.isNumber }) else { return first == "norm_final" }
    return layers.contains(first[..<digits]) && first[digits...].allSatisfy { $0.isASCII && $0.isNumber }
  }

  static func modern(_ name: String) -> String {
    let final = "features.norm_final."
    if name.hasPrefix(final) { return "features.norm5." + name.dropFirst(final.count) }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if let layer = parts.firstIndex(where: { $0.hasPrefix("denselayer") }), layer + 2 < parts.count,
      parts[layer + 1] == "layers"
    {
      parts.remove(at: layer + 1)
      return parts.joined(separator: ".")
    }
    guard parts.count >= 4 else { return name }
    let layer = parts.count - 4
    guard parts[layer].hasPrefix("denselayer"), ["norm", "relu", "conv"].contains(parts[layer + 1]),
      ["1", "2"].contains(parts[layer + 2])
    else { return name }
    parts[layer + 1] += parts.remove(at: layer + 2)
    return parts.joined(separator: ".")
  }
}
