/// What an unpickled value is. Containers are numbers of objects on the ``PickleHeap``, so that neither a cycle of
/// references nor a deep one can be built in memory.
enum PickleValue: Hashable {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer beyond `Int`, which nothing here computes with.
  case longInteger
  case real(Double)
  case string(String)
  case bytes([UInt8])
  case global(PickleGlobal)
  case object(Int)
}

/// A container, or something that a permitted global made.
final class PickleObject {
  enum Kind {
    case tuple
    case list
    case set
    /// A dict, an OrderedDict or a defaultdict.
    case dict
    case storage(TorchStorage)
    case tensor(TorchTensor)
    /// A value of no use here, such as a numpy number, by its type's name. Nothing of it is kept.
    case inert(String)
  }

  let kind: Kind
  /// The elements, or a dict's values.
  var items: [PickleValue]
  /// A dict's keys, in the order of their first use.
  private(set) var keys: [PickleValue] = []
  private var places: [PickleValue: Int] = [:]
  /// What BUILD set: an object's `__dict__`.
  var attributes: PickleValue?

  init(_ kind: Kind, _ items: [PickleValue] = []) {
    self.kind = kind
    self.items = items
  }

  var isDict: Bool { if case .dict = kind { true } else { false } }

  /// The value at a dict's key, or nil.
  subscript(key: String) -> PickleValue? {
    places[.string(key)].map { items[$0] }
  }

  func set(_ value: PickleValue, at key: PickleValue) {
    if let place = places[key] {
      items[place] = value
    } else {
      places[key] = items.count
      keys.append(key)
      items.append(value)
    }
  }
}

/// The objects of a pickle, by number.
struct PickleHeap {
  private var objects: [PickleObject] = []

  mutating func add(_ kind: PickleObject.Kind, _ items: [PickleValue] = []) -> PickleValue {
    objects.append(PickleObject(kind, items))
    return .object(objects.count - 1)
  }

  /// The object behind a value, or nil for a plain one.
  subscript(value: PickleValue?) -> PickleObject? {
    if case .object(let number)? = value { objects[number] } else { nil }
  }

  var storages: [TorchStorage] {
    objects.compactMap { if case .storage(let storage) = $0.kind { storage } else { nil } }
  }

  func dict(_ value: PickleValue?) -> PickleObject? {
    self[value].flatMap { $0.isDict ? $0 : nil }
  }

  func tuple(_ value: PickleValue?) -> [PickleValue]? {
    if let object = self[value], case .tuple = object.kind { object.items } else { nil }
  }

  func tensor(_ value: PickleValue?) -> TorchTensor? {
    if case .tensor(let tensor)? = self[value]?.kind { tensor } else { nil }
  }

  /// A value in words, for messages.
  func description(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "the number \(value)"
    case .longInteger: "a very large number"
    case .real(let value): "the number \(value)"
    case .string(let text): "the string \(printable(text))"
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .global(let global): global.name
    case .object: description(self[value]!)
    }
  }

  private func description(_ object: PickleObject) -> String {
    switch object.kind {
    case .tuple: return "a tuple of \(object.items.count)"
    case .list: return "a list of \(object.items.count)"
    case .set: return "a set of \(object.items.count)"
    case .storage: return "a storage"
    case .tensor: return "a single tensor"
    case .inert(let name): return "a value of \(name)"
    case .dict:
      if object.keys.isEmpty { return "an empty dict" }
      let shown = object.keys.prefix(6).map { key in if case .string(let text) = key { printable(text) } else { "…" } }
      return "a dict of \(shown.joined(separator: ", "))\(object.keys.count > 6 ? ", …" : "")"
    }
  }
}
