/// Where among a file's names those of a DenseNet begin.
struct NetworkAnchor: Hashable {
  enum Naming {
    case torchvision
    case chapter
  }

  /// What stands before `conv0.weight`, or before the chapter's `0.0.weight`; with its dot, or empty.
  let prefix: String
  let naming: Naming

  /// What stands before the network, such as `backbone.` of `backbone.features.conv0.weight`.
  var network: String {
    prefix == "features." || prefix.hasSuffix(".features.") ? String(prefix.dropLast("features.".count)) : prefix
  }

  /// Whether all below ``prefix`` are the feature layers.
  var isExact: Bool { naming == .chapter || network != prefix }

  var path: [String] { network.split(separator: ".").map(String.init) }
  var shown: String { network.isEmpty ? "the file's own tensors" : printable(String(network.dropLast())) }

  /// In the order of the names.
  static func all(in tensors: [NamedTensor]) -> [NetworkAnchor] {
    let names = Set(tensors.map { unwrapped($0.name) })
    var result: [NetworkAnchor] = []
    for tensor in tensors where (4...5).contains(tensor.value.shape.count) {
      let name = unwrapped(tensor.name)
      for (end, neighbour, naming) in [
        ("conv0.weight", "denseblock1.denselayer1.", Naming.torchvision), ("0.0.weight", "1.net.0.0.weight", .chapter),
      ] where name.hasSuffix(end) {
        let anchor = NetworkAnchor(prefix: String(name.dropLast(end.count)), naming: naming)
        guard anchor.prefix.isEmpty || anchor.prefix.hasSuffix("."), !result.contains(anchor) else { continue }
        let start = anchor.prefix + neighbour
        if naming == .chapter ? names.contains(start) : names.contains(where: { $0.hasPrefix(start) }) {
          result.append(anchor)
        }
      }
    }
    return result
  }

  private static let wrappers: Set<Substring> = [
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
  ]

  /// A name without the parts that parallel, compiled and sharded modules add.
  static func unwrapped(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.dropLast().contains(where: wrappers.contains) else { return name }
    return (parts.dropLast().filter { !wrappers.contains($0) } + parts.suffix(1)).joined(separator: ".")
  }
}
