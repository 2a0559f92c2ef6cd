import DenseNets

/// Other people's names for a DenseNet's tensors, brought to those of torchvision's `state_dict`:
///
/// - without `module.`, `model.` and `_orig_mod.` in front, where every tensor has it: what `DataParallel`, a wrapping
///   module and `torch.compile` add. The step counter `n_averaged` of `AveragedModel` goes with `module.`;
/// - `denselayer1.norm.1.weight` and `conv.1` as `denselayer1.norm1.weight` and `conv1`: the names of torchvision before
///   0.3, whose published files still carry them;
/// - `features.norm_final` as `features.norm5`: that of gpleiss' memory-efficient DenseNet.
enum TensorNames {
  private static let prefixes = ["module.", "model.", "_orig_mod."]

  /// The tensors by their new names, and how many of them have one.
  /// - Throws: ``WeightsProblem`` where two tensors would have the same name.
  static func normalized(_ tensors: [NamedTensor]) throws(WeightsProblem) -> (tensors: [NamedTensor], renamed: Int) {
    var result = tensors
    var places = Array(tensors.indices)
    while let prefix = prefixes.first(where: { isPrefix($0, of: result) }) {
      places = places.filter { tensors[$0].name != averages }
      result.removeAll { $0.name == averages }
      for index in result.indices { result[index].name.removeFirst(prefix.count) }
    }
    var names: Set<String> = []
    var renamed = 0
    for index in result.indices {
      result[index].name = modern(result[index].name)
      if result[index].name != tensors[places[index]].name { renamed += 1 }
      guard names.insert(result[index].name).inserted else {
        throw WeightsProblem(
          "two tensors would be called \(printable(result[index].name)) once their names are brought to torchvision's",
          remedy: "rename or remove one of them")
      }
    }
    return (result, renamed)
  }

  private static let averages = "n_averaged"

  private static func isPrefix(_ prefix: String, of tensors: [NamedTensor]) -> Bool {
    var found = false
    for tensor in tensors {
      // What would be left must be a name.
      if tensor.name.hasPrefix(prefix), tensor.name.utf8.count > prefix.utf8.count {
        found = true
      } else if tensor.name != averages || prefix != "module." {
        return false
      }
    }
    return found
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
