import DenseNets

/// The dicts of tensors in a checkpoint, by the keys that lead to them, and which of them a network's weights are.
struct CheckpointEntries {
  struct Entry {
    let path: [String]
    let dict: PickleObject
    /// Whether it has a convolution's or a linear layer's weights, as a network has.
    let isNetwork: Bool

    var name: String { path.joined(separator: ".") }
    var shown: String { path.isEmpty ? "the file's own tensors" : printable(name) }
  }

  private static let maximumDepth = 4
  private static let maximumDicts = 4096

  private let root: PickleObject
  private let heap: PickleHeap
  private let all: [Entry]

  init(_ root: PickleObject, _ heap: PickleHeap) {
    (self.root, self.heap) = (root, heap)
    all = Self.entries(root, [], heap)
  }

  /// Breadth first; a dict that is there twice counts where it comes first.
  private static func entries(_ root: PickleObject, _ path: [String], _ heap: PickleHeap) -> [Entry] {
    var result: [Entry] = []
    var pending = [(path: path, dict: root)]
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var next = 0
    while next < pending.count, pending.count <= maximumDicts {
      let (path, dict) = pending[next]
      next += 1
      var (hasTensors, isNetwork) = (false, false)
      for (key, value) in zip(dict.keys, dict.items) {
        guard case .string(let name) = key else { continue }
        if let tensor = heap.tensor(value) {
          hasTensors = true
          isNetwork = isNetwork || tensor.shape.count >= 2
        } else if path.count < maximumDepth, let inner = heap.dict(value), !EntryNames.isOther(name),
          seen.insert(ObjectIdentifier(inner)).inserted
        {
          pending.append((path + [name], inner))
        }
      }
      if hasTensors { result.append(Entry(path: path, dict: dict, isNetwork: isNetwork)) }
    }
    return result
  }

  /// Those that may be a network's weights.
  private var networks: [Entry] {
    let whole = all.filter(\.isNetwork)
    return whole.isEmpty ? all : whole
  }

  var names: [String] { networks.map(\.shown) }

  /// The entry of that name, or the only one below it; nil where there is none.
  /// - Throws: ``WeightsProblem`` where there are several below it.
  func entry(_ wanted: String) throws(WeightsProblem) -> Entry? {
    guard let (path, dict) = find(wanted[...], in: root, [], depth: 0) else { return nil }
    let found = Self.entries(dict, path, heap)
    if let exact = found.first, exact.path == path, exact.isNetwork || found.count == 1 { return exact }
    let networks = found.contains(where: \.isNetwork) ? found.filter(\.isNetwork) : found
    guard networks.count <= 1 else { throw EntryNames.ambiguous(networks.map(\.shown)) }
    return networks.first
  }

  /// The only entry with tensors whose names begin with the last parts of a name, and these parts.
  func part(_ wanted: String) -> (entry: Entry, prefix: String)? {
    var found: [(entry: Entry, prefix: String)] = []
    for entry in networks {
      for rest in Set([wanted, entry.path.isEmpty ? wanted : rest(of: wanted, after: entry.name)]) where !rest.isEmpty {
        let has = entry.dict.keys.contains { key in
          if case .string(let name) = key { TensorNames.begins(name, with: rest) } else { false }
        }
        if has { found.append((entry, rest)) }
      }
    }
    return found.count == 1 ? found[0] : nil
  }

  private func rest(of wanted: String, after name: String) -> String {
    wanted.hasPrefix(name + ".") ? String(wanted.dropFirst(name.count + 1)) : ""
  }

  /// Keys may have dots themselves.
  private func find(
    _ rest: Substring, in dict: PickleObject, _ path: [String], depth: Int
  ) -> (path: [String], dict: PickleObject)? {
    guard depth <= Self.maximumDepth else { return nil }
    for (key, value) in zip(dict.keys, dict.items) {
      guard case .string(let name) = key, rest.hasPrefix(name), let inner = heap.dict(value) else { continue }
      let after = rest.dropFirst(name.count)
      if after.isEmpty { return (path + [name], inner) }
      if after.first == ".", let found = find(after.dropFirst(), in: inner, path + [name], depth: depth + 1) {
        return found
      }
    }
    return nil
  }

  /// The entry to read where none is named, and what its reader should know; nil where there are no tensors.
  /// - Throws: ``WeightsProblem`` where several are equally likely.
  func usual() throws(WeightsProblem) -> (entry: Entry, note: Remark?)? {
    let networks = self.networks
    guard let choice = EntryNames.choice(networks.map(\.path)) else {
      if networks.isEmpty { return nil }
      throw EntryNames.ambiguous(networks.map(\.shown))
    }
    let chosen = networks[choice]
    if networks.count > 1 {
      let others = networks.filter { $0.path != chosen.path }.map(\.shown)
      return (chosen, EntryNames.note(chosen.shown, isAverage: EntryNames.isAverage(chosen.path), others: others))
    }
    return (chosen, EntryNames.isAverage(chosen.path) ? nil : unnamedAverage().map { Remark($0) })
  }

  /// Averages of weights that are there without their names.
  private func unnamedAverage() -> String? {
    for (key, value) in zip(root.keys, root.items) {
      guard case .string(let name) = key, EntryNames.isAverage([name]), let object = heap[value], !object.items.isEmpty
      else { continue }
      switch object.kind {
      case .list, .tuple, .dict:
        return "\(printable(name)) was left out: it has no tensors by the network's names"
      default: continue
      }
    }
    return nil
  }
}
