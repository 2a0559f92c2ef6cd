import DenseNets

/// Translates other names for a DenseNet's tensors into those of torchvision's `state_dict`:
///
/// - the prefixes `module.`, `model.` and `_orig_mod.`, which `DataParallel`, a wrapping module and `torch.compile`
///   add, are removed where every tensor has them. The step counter `n_averaged` of `AveragedModel` goes with
///   `module.`;
/// - `denselayer1.norm.1.weight` and `conv.1` become `denselayer1.norm1.weight` and `conv1`: the former are the names
///   of torchvision before 0.3, whose published files still carry them;
/// - `features.norm_final`, as in gpleiss' memory-efficient DenseNet, becomes `features.norm5`.
enum TensorNames {
  private static let prefixes = ["module.", "model.", "_orig_mod."]

  /// The tensors by their new names, and how many of them have one.
  /// - Throws: ``WeightsProblem`` where two tensors would have the same name.
  static func normalized(_ tensors: [NamedTensor]) throws(WeightsProblem) -> (tensors: [NamedTensor], renamed: Int) {
    let prefix = prefix(of: tensors.map(\.name))
    let places = prefix.isEmpty ? Array(tensors.indices) : tensors.indices.filter { tensors[$0].name != averages }
    var result = places.map { tensors[$0] }
    var names: Set<String> = []
    var renamed = 0
    for index in result.indices {
      result[index].name = modern(String(result[index].name.dropFirst(prefix.count)))
      if result[index].name != tensors[places[index]].name { renamed += 1 }
      guard names.insert(result[index].name).inserted else {
        throw WeightsProblem(
          "two tensors would be called \(printable(result[index].name)) once they have torchvision's names",
          remedy: "rename or remove one of them")
      }
    }
    return (result, renamed)
  }

  private static let averages = "n_averaged"

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

  private static func modern(_ name: String) -> String {
    let final = "features.norm_final."
    if name.hasPrefix(final) { return "features.norm5." + name.dropFirst(final.count) }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4 else { return name }
    let layer = parts.count - 4
    guard parts[layer].hasPrefix("denselayer"), ["norm", "relu", "conv"].contains(parts[layer + 1]),
      ["1", "2"].contains(parts[layer + 2])
    else { return name }
    parts[layer + 1] += parts.remove(at: layer + 2)
    return parts.joined(separator: ".")
  }
}
