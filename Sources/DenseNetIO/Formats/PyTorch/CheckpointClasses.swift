import DenseNets

/// The names of classes that a training program wrote beside a network's weights, such as `classes` or `class_to_idx`.
struct CheckpointClasses {
  /// In the order of the network's outputs.
  let names: [String]
  /// The key that they stand at.
  let key: String

  private static let lists: Set<String> = ["classnames", "classes", "labelnames", "labels", "categories"]
  private static let places: Set<String> = ["classtoidx", "classtoindex", "labeltoidx", "label2id", "class2idx"]
  private static let reverse: Set<String> = ["idxtoclass", "indextoclass", "idxtolabel", "id2label", "idx2class"]
  /// Beside the weights, or in one of the dicts beside them.
  private static let depth = 1

  /// All that a checkpoint has, those nearest to its root first.
  static func all(in root: PickleObject, _ heap: PickleHeap) -> [Self] {
    var result: [Self] = []
    var level = [(path: [String](), dict: root)]
    for _ in 0...depth {
      var inner: [(path: [String], dict: PickleObject)] = []
      for (path, dict) in level {
        for (key, value) in zip(dict.keys, dict.items) {
          guard case .string(let name) = key else { continue }
          if let names = names(name, value, heap) {
            result.append(Self(names: names, key: printable((path + [name]).joined(separator: "."))))
          } else if let next = heap.dict(value) {
            inner.append((path + [name], next))
          }
        }
      }
      level = inner
    }
    return result
  }

  private static func names(_ key: String, _ value: PickleValue, _ heap: PickleHeap) -> [String]? {
    let key = key.lowercased().replacing("_", with: "")
    guard let object = heap[value], !object.items.isEmpty else { return nil }
    switch object.kind {
    case .list, .tuple: return lists.contains(key) ? texts(object.items) : nil
    case .dict:
      // Some call a dict of places `classes`.
      if places.contains(key) || lists.contains(key) { return ordered(texts(object.keys), object.items) }
      if reverse.contains(key) { return ordered(texts(object.items), object.keys) }
      return nil
    default: return nil
    }
  }

  private static func texts(_ values: [PickleValue]) -> [String]? {
    let found = values.compactMap { if case .string(let text) = $0 { text } else { nil } }
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
  mutating func takeNames(of found: [CheckpointClasses]) -> [String] {
    guard card.classNames == nil, let outputs = tensors.last(where: { $0.value.shape.count == 2 })?.value.shape[0]
    else {
      return []
    }
    let fitting = found.filter { $0.names.count == outputs }
    guard let first = fitting.first else {
      return found.map {
        "\($0.key) names \($0.names.count) classes, the network has \(outputs): left out"
      }
    }
    if let other = fitting.first(where: { $0.names != first.names }) {
      return ["\(first.key) and \(other.key) name the classes in different orders: both left out"]
    }
    card.classNames = first.names
    return ["\(first.key) names the classes"]
  }
}
