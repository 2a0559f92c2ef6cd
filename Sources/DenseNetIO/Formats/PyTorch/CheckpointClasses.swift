import DenseNets

/// The names of classes that a training program wrote beside a network's weights, such as `classes` or `class_to_idx`.
struct CheckpointClasses {
  /// In the order of the network's outputs; nil: they are in a form that is not read.
  let names: [String]?
  /// The key that they stand at.
  let key: String

  private static let lists: Set<String> = ["classnames", "classes", "labelnames", "labels", "categories", "vocab"]
  /// Those of them that hold nothing but names.
  private static let certain: Set<String> = ["classnames", "classes", "labelnames", "classtoidx", "idxtoclass"]
  private static let places: Set<String> = ["classtoidx", "classtoindex", "labeltoidx", "label2id", "class2idx"]
  private static let reverse: Set<String> = ["idxtoclass", "indextoclass", "idxtolabel", "id2label", "idx2class"]
  /// Beside the weights, or in the dicts beside them.
  private static let depth = 2

  /// All that a checkpoint has, those nearest to its root first; a dict that is there twice counts where it comes first.
  static func all(in root: PickleObject, _ heap: PickleHeap) -> [Self] {
    var result: [Self] = []
    var level = [(path: [String](), dict: root)]
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    for _ in 0...depth {
      var inner: [(path: [String], dict: PickleObject)] = []
      for (path, dict) in level {
        for (key, value) in zip(dict.keys, dict.items) {
          guard case .string(let name) = key else { continue }
          let names = names(name, value, heap)
          if names != nil || isUnread(name, value, heap) {
            result.append(Self(names: names, key: printable((path + [name]).joined(separator: "."))))
          } else if let next = heap.dict(value), seen.insert(ObjectIdentifier(next)).inserted {
            inner.append((path + [name], next))
          }
        }
      }
      level = inner
    }
    return result
  }

  private static func names(_ key: String, _ value: PickleValue, _ heap: PickleHeap) -> [String]? {
    let key = plain(key)
    guard let object = heap[value], !object.items.isEmpty else { return nil }
    switch object.kind {
    case .list, .tuple: return lists.contains(key) ? texts(object.items, takesNumbers: certain.contains(key)) : nil
    case .dict:
      // Some call a dict of places `classes`.
      if places.contains(key) || lists.contains(key) { return ordered(texts(object.keys), object.items) }
      if reverse.contains(key) { return ordered(texts(object.items), object.keys) }
      return nil
    default: return nil
    }
  }

  private static func plain(_ key: String) -> String { key.lowercased().replacing("_", with: "") }

  /// Whether a value may name classes in a form that is not read, such as a numpy array.
  private static func isUnread(_ key: String, _ value: PickleValue, _ heap: PickleHeap) -> Bool {
    guard certain.contains(plain(key)) || places.contains(plain(key)) || reverse.contains(plain(key)) else {
      return false
    }
    if case .string = value { return true }
    return heap[value].map { object in
      switch object.kind {
      case .inert: true
      case .list, .tuple, .dict: !object.items.isEmpty
      default: false
      }
    } ?? false
  }

  private static func texts(_ values: [PickleValue], takesNumbers: Bool = false) -> [String]? {
    let found: [String] = values.compactMap { value in
      switch value {
      case .string(let text): text
      case .integer(let number) where takesNumbers: String(number)
      default: nil
      }
    }
    return found.count == values.count ? found : nil
  }

  /// Names by their places, which must be all from 0 on, each once.
  private static func ordered(_ names: [String]?, _ places: [PickleValue]) -> [String]? {
    guard let names else { return nil }
    let numbers: [Int] = places.compactMap { place in
      switch place {
      case .integer(let number): number
      case .string(let text): Int(text)
      default: nil
      }
    }
    guard numbers.count == names.count, numbers.sorted() == Array(0..<names.count) else { return nil }
    var result = names
    for (name, place) in zip(names, numbers) { result[place] = name }
    return result
  }
}

extension WeightsFile {
  /// Takes the names that a checkpoint has of as many classes as the network has outputs, where the file's card has none.
  /// - Returns: what the reader should know of the names that are there.
  mutating func takeNames(of found: [CheckpointClasses]) -> [Remark] {
    guard card.classNames == nil, let outputs = tensors.last(where: { $0.value.shape.count == 2 })?.value.shape[0]
    else {
      return []
    }
    let fitting = found.filter { $0.names?.count == outputs }
    guard let first = fitting.first else {
      return found.map { entry in
        guard let names = entry.names else {
          return Remark(
            "\(entry.key) may name the classes in a form that is not read; name them in a file",
            settings: ["classNames"])
        }
        return Remark("\(entry.key) names \(names.count) classes, the network has \(outputs): left out")
      }
    }
    if let other = fitting.first(where: { $0.names != first.names }) {
      return [Remark("\(first.key) and \(other.key) name the classes in different orders: both left out")]
    }
    card.classNames = first.names
    return [Remark("\(first.key) names the classes")]
  }
}
