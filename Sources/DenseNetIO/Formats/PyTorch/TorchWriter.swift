import DenseNets
import Foundation

/// A PyTorch checkpoint as `torch.save` writes one: a state dict of fp32 tensors and int64 counters.
///
/// `torch.load(file, weights_only=True)` gives an OrderedDict for `load_state_dict`, whose `_metadata` holds the file's
/// metadata as JSON beside torch's own version of the root module.
enum TorchWriter {
  /// The key in `_metadata[""]`.
  static let metadataKey = "densenet"

  /// A file's bytes. They depend on the tensors and the metadata alone.
  /// - Precondition: no name appears twice.
  /// - Throws: `Failure(.internalError)` where libzip refuses.
  static func encoded(_ file: WeightsFile) throws(Failure) -> Data {
    var content = Data()
    var entries: [ZipEntry] = []
    func add(_ name: String, _ append: (inout Data) -> Void) {
      let start = content.count
      append(&content)
      entries.append(ZipEntry(name: "archive/\(name)", range: start..<content.count))
    }
    add("data.pkl") { $0.append(pickle(file)) }
    add("byteorder") { $0.append(contentsOf: "little".utf8) }
    for (index, tensor) in file.tensors.enumerated() { add("data/\(index)", tensor.value.append(to:)) }
    add("version") { $0.append(contentsOf: "3\n".utf8) }
    return try writeZip(entries, from: content)
  }

  private static func pickle(_ file: WeightsFile) -> Data {
    var pickle = PickleWriter()
    pickle.orderedDict {
      for (index, tensor) in file.tensors.enumerated() {
        $0.text(tensor.name)
        write(tensor.value, storage: index, to: &$0)
      }
    }
    pickle.dict {
      $0.shared("_metadata")
      $0.orderedDict {
        $0.text("")
        $0.dict {
          $0.shared("version")
          $0.integer(1)
          if let metadata = metadata(file) {
            $0.text(metadataKey)
            $0.text(metadata)
          }
        }
      }
    }
    pickle.build()
    return pickle.finished()
  }

  /// The metadata as a JSON object of strings, with sorted keys; `format` says what every PyTorch file is.
  private static func metadata(_ file: WeightsFile) -> String? {
    let pairs = file.metadata.filter { $0.key != "format" }.sorted { $0.key < $1.key }
    if pairs.isEmpty { return nil }
    return "{" + pairs.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",") + "}"
  }

  /// `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`
  private static func write(_ value: TensorValue, storage: Int, to pickle: inout PickleWriter) {
    pickle.global("torch._utils", "_rebuild_tensor_v2")
    pickle.tuple {
      $0.tuple {
        $0.shared("storage")
        $0.global("torch", value.writtenType.storageName)
        $0.text("\(storage)")
        $0.shared("cpu")
        $0.integer(value.count)
      }
      $0.persistent()
      $0.integer(0)
      $0.integers(value.shape)
      $0.integers(strides(value.shape))
      $0.bool(false)
      $0.orderedDict { _ in }
    }
    pickle.call()
  }

  /// Of elements row by row, as torch gives them: an empty axis counts as one of length 1.
  private static func strides(_ shape: [Int]) -> [Int] {
    var strides: [Int] = []
    var stride = 1
    for length in shape.reversed() {
      strides.append(stride)
      stride = stride.multipliedReportingOverflow(by: max(1, length)).partialValue
    }
    return strides.reversed()
  }
}

extension ElementType {
  /// What `torch` calls the storage of a type that is written.
  fileprivate var storageName: String {
    switch self {
    case .f32: "FloatStorage"
    case .i8: "CharStorage"
    default: "LongStorage"
    }
  }
}
