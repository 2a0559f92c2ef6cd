import DenseNets

/// Translates other names for a DenseNet's tensors into those of torchvision's `state_dict`, and leaves out what is not
/// of the network.
///
/// - Prefixes such as `module.`, `model.`, `backbone.`, `net.` or `densenet121.`, which wrapping modules add, are removed
///   where the network's tensors have them in common; `_orig_mod.` and `module.` anywhere.
/// - `denselayer1.norm.1.weight` and `conv.1` become `denselayer1.norm1.weight` and `conv1`: the former are the names
///   of torchvision before 0.3, whose published files still carry them. MONAI's `denselayer1.layers.norm1` loses its
///   `layers`.
/// - `features.norm_final`, as in gpleiss' memory-efficient DenseNet, becomes `features.norm5`.
/// - The classifier has many names: see ``NetworkHead``.
struct TensorNames {
  /// The tensors by their new names, in the file's order.
  private(set) var tensors: [NamedTensor] = []
  /// How many of them have another name in the file.
  private(set) var renamed = 0
  private var notes: [Remark] = []
  /// Tensors that are not of the network, by their names in the file.
  private(set) var extra: [NamedTensor] = []
  /// Those of them that are not of another network in the file either.
  private var leftOut: [String] = []

  /// - Parameter prefix: with which the names of the wanted tensors begin, before a dot; nil: what is usual.
  /// - Throws: ``WeightsProblem`` where two tensors would have the same name, or two networks are there.
  init(_ found: [NamedTensor], prefix: String? = nil) throws(WeightsProblem) {
    var found = found
    if let prefix {
      found = found.filter { Self.begins($0.name, with: prefix) }
      if found.isEmpty { throw EntryNames.absent(prefix, among: []) }
    }
    notes += try Reparametrization.resolve(&found).map { Remark($0) }
    let anchors = NetworkAnchor.all(in: found)
    guard let choice = EntryNames.choice(anchors.map(\.path)) else {
      guard anchors.isEmpty else { throw EntryNames.ambiguous(anchors.map(\.shown)) }
      try setUnwrapped(found)
      return
    }
    let anchor = anchors[choice]
    if anchors.count > 1 {
      let others = anchors.indices.filter { $0 != choice }.map { anchors[$0].shown }
      notes.append(EntryNames.note(anchor.shown, isAverage: EntryNames.isAverage(anchor.path), others: others))
    }
    let names = try NetworkTensors(found, anchor)
    try set(found, names.names)
    notes += names.notes.map { Remark($0) }
    let others = anchors.filter { $0 != anchor && !$0.network.isEmpty }.map(\.network)
    leftOut = extra.map(\.name).filter { name in !others.contains { NetworkAnchor.unwrapped(name).hasPrefix($0) } }
  }

  /// What the reader should know.
  /// - Parameter used: tensors that are not of the network, and say something of it.
  func notes(using used: Set<String>) -> [Remark] {
    let left = leftOut.filter { !used.contains($0) }
    if left.isEmpty { return notes }
    return notes + [Remark("left out, as not of the network: \(EntryNames.listed(left.map { printable($0) }))")]
  }

  /// - Parameter names: the new ones; nil: left out.
  private mutating func set(_ found: [NamedTensor], _ names: [String?]) throws(WeightsProblem) {
    var taken: Set<String> = []
    for (tensor, name) in zip(found, names) {
      guard let name else {
        if tensor.name != Self.averages, !tensor.name.hasSuffix("." + Self.averages) { extra.append(tensor) }
        continue
      }
      guard taken.insert(name).inserted else {
        throw WeightsProblem(
          "two tensors would be called \(printable(name)) once they have torchvision's names",
          remedy: "rename or remove one of them")
      }
      if name != tensor.name { renamed += 1 }
      tensors.append(
        NamedTensor(name: name, value: name == "classifier.weight" ? Self.matrix(tensor.value) : tensor.value))
    }
  }

  /// A classifier may be a convolution of 1×1.
  private static func matrix(_ value: TensorValue) -> TensorValue {
    guard let tensor = value.tensor, tensor.rank == 4, tensor.shape[2...] == [1, 1] else { return value }
    return .floating(Tensor(shape: Array(tensor.shape[..<2]), values: tensor.values))
  }

  /// Whether a name is within the part of that name, whatever parallel or compiled modules add to it.
  static func begins(_ name: String, with prefix: String) -> Bool {
    name.hasPrefix(prefix + ".") || NetworkAnchor.unwrapped(name).hasPrefix(prefix + ".")
  }

  // MARK: Tensors of no known network

  private static let prefixes = ["module.", "model.", "_orig_mod."]
  /// The step counter of `AveragedModel`.
  static let averages = "n_averaged"

  /// Prefixes are removed where every tensor has them.
  private mutating func setUnwrapped(_ found: [NamedTensor]) throws(WeightsProblem) {
    let prefix = Self.prefix(of: found.map(\.name))
    try set(
      found,
      found.map { tensor in
        if !prefix.isEmpty, tensor.name == Self.averages { return nil }
        return NetworkTensors.modern(String(tensor.name.dropFirst(prefix.count)))
      })
  }

  /// All of ``prefixes`` that every name has, one after the other.
  private static func prefix(of names: [String]) -> String {
    var result = ""
    while let next = prefixes.first(where: { isPrefix(result + $0, of: names) }) { result += next }
    return result
  }

  private static func isPrefix(_ prefix: String, of names: [String]) -> Bool {
    var found = false
    for name in names {
      // What would be left must be a name.
      if name.hasPrefix(prefix), name.utf8.count > prefix.utf8.count {
        found = true
      } else if name != averages || !prefix.hasPrefix("module.") {
        return false
      }
    }
    return found
  }

  /// The tensors by the names of a model whose own begin with such a prefix, which was removed when they were read.
  static func restored(_ tensors: [NamedTensor], for expected: [String]) -> [NamedTensor] {
    let prefix = prefix(of: expected)
    if prefix.isEmpty { return tensors }
    return tensors.map { $0.name.hasPrefix(prefix) ? $0 : NamedTensor(name: prefix + $0.name, value: $0.value) }
  }
}
