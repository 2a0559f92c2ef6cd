import DenseNets
import Foundation

/// What the pickle of a checkpoint describes, and where in it the tensors of a model are.
struct TorchCheckpoint {
  static let remedy = "save the model's state_dict() with torch.save and try again"

  /// Views may repeat elements: no more than these and four to a byte of storage.
  private static let freeElements = 1 << 22

  /// Named tensors, in the order of the dict.
  let tensors: [(name: String, tensor: TorchTensor)]
  /// The keys that lead to them, joined by dots; empty for the checkpoint itself.
  let entry: String
  /// The entry that was asked for, where no dict has that name: tensors may begin with it.
  let prefix: String?
  /// What the reader should know about the choice of the entry.
  let notes: [Remark]
  /// The names of classes beside the weights.
  let classes: [CheckpointClasses]
  let metadata: [String: String]

  /// - Parameter wanted: the entry to read; nil: the average where there is one, else the only one.
  /// - Throws: ``WeightsProblem`` that says what was found where there is no dict of tensors.
  init(_ root: PickleValue, _ heap: PickleHeap, entry wanted: String? = nil) throws(WeightsProblem) {
    let problem = WeightsProblem("expected a dict of tensors, found \(heap.description(root))", remedy: Self.remedy)
    guard let rootDict = heap.dict(root) else { throw problem }
    let entries = CheckpointEntries(rootDict, heap)
    let dict: PickleObject
    if let wanted, let found = try entries.entry(wanted) {
      (dict, entry, prefix, notes) = (found.dict, found.name, nil, [])
    } else if let wanted, let (found, rest) = entries.part(wanted) {
      (dict, entry, prefix, notes) = (found.dict, found.name, rest, [])
    } else if let wanted {
      throw EntryNames.absent(wanted, among: entries.names)
    } else {
      guard let (found, note) = try entries.usual() else { throw problem }
      (dict, entry, prefix, notes) = (found.dict, found.name, nil, note.map { [$0] } ?? [])
    }
    tensors = zip(dict.keys, dict.items).compactMap { key, value in
      guard case .string(let name) = key, let tensor = heap.tensor(value) else { return nil }
      return (name, tensor)
    }
    guard !tensors.isEmpty else { throw problem }
    metadata = Self.metadata(dict, heap)
    classes = CheckpointClasses.all(in: rootDict, heap)
  }

  /// The text that ``TorchWriter`` put into the state dict's `_metadata`.
  private static func metadata(_ dict: PickleObject, _ heap: PickleHeap) -> [String: String] {
    let modules = heap.dict(heap.dict(dict.attributes)?["_metadata"])
    guard case .string(let text)? = heap.dict(modules?[""])?[TorchWriter.metadataKey],
      let found = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    else { return ["format": "pt"] }
    return found.merging(["format": "pt"]) { $1 }
  }

  /// The tensors with their elements. Each storage is asked for once.
  /// - Parameters:
  ///   - storageBytes: of all storages together.
  ///   - storage: the bytes of the storage of a key.
  func file(
    storageBytes: Int, _ storage: (TorchStorage) throws(WeightsProblem) -> Data
  ) throws(WeightsProblem) -> WeightsFile {
    var total = 0
    for (name, tensor) in tensors {
      total += tensor.count
      guard total <= Self.freeElements + storageBytes else {
        throw WeightsProblem(
          "the tensors up to \(printable(name)) repeat \(storageBytes) bytes as \(total) elements, which is too many",
          remedy: Self.remedy)
      }
    }
    var values: [TensorValue?] = Array(repeating: nil, count: tensors.count)
    for (key, places) in Dictionary(grouping: tensors.indices, by: { tensors[$0].tensor.storage.key }) {
      let storages = Set(places.map { tensors[$0].tensor.storage })
      let whole = tensors[places[0]].tensor.storage
      guard storages.allSatisfy({ $0.type == whole.type && $0.fileCount == whole.fileCount }) else {
        throw WeightsProblem("storage \(printable(key)) is declared in two ways")
      }
      let data = try storage(whole)
      for place in places {
        do {
          values[place] = try tensors[place].tensor.value(from: data)
        } catch {
          throw WeightsProblem("tensor \(printable(tensors[place].name)): \(error.reason)", remedy: error.remedy)
        }
      }
    }
    return WeightsFile(
      tensors: zip(tensors, values).map { NamedTensor(name: $0.name, value: $1!) }, metadata: metadata)
  }
}
