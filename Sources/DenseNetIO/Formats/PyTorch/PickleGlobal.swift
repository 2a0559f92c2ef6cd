/// The classes and functions that a pickle may name. They stand for what this package builds in their place; no other is
/// looked up, and none is ever run.
enum PickleGlobal: Hashable {
  case orderedDict
  case defaultDict
  case size
  case storage(ElementType)
  case untypedStorage
  case dtype(ElementType)
  case rebuildTensor
  case rebuildTensorV2
  case rebuildTensorV3
  case rebuildParameter
  case rebuildFromType
  /// A class or function whose result nothing here looks at, such as a numpy number, `argparse.Namespace` or
  /// `torch.device`. Calling it gives an inert value.
  case inert(String)

  /// The permitted global of a name, or nil.
  init?(module: String, name: String) {
    let full = "\(module).\(name)"
    if let known = Self.known[full] {
      self = known
    } else if ["torch", "torch.cuda"].contains(module), let type = Self.storageTypes[name] {
      self = .storage(type)
    } else if module == "torch", let type = Self.dtypes[name] {
      self = .dtype(type)
    } else if Self.inertNames.contains(full) {
      self = .inert(full)
    } else {
      return nil
    }
  }

  /// A name for messages.
  var name: String {
    switch self {
    case .inert(let name): name
    case .storage, .untypedStorage: "a storage class"
    case .dtype(let type): "the dtype \(type.rawValue)"
    default: Self.known.filter { $0.value == self }.keys.min() ?? "a class"
    }
  }

  /// A reason to give instead of a bare name, for what is sound PyTorch but no use here.
  static func refusal(module: String, name: String) -> String? {
    let full = "\(module).\(name)"
    if full.contains("sparse") { return "a sparse tensor (\(full)), which a DenseNet does not have" }
    if module == "torch", name.hasPrefix("Complex") || name.hasPrefix("complex") || name.hasPrefix("cfloat") {
      return "complex numbers (\(full)), which a DenseNet does not have"
    }
    let isQuantized = ["QInt", "QUInt", "qint", "quint"].contains { name.hasPrefix($0) }
    if module == "torch" && isQuantized || name == "_rebuild_qtensor" {
      return "a quantised tensor (\(full)); dequantise the model before saving it"
    }
    if module == "torch", name.hasPrefix("float8") || name.hasPrefix("float4") {
      return "\(full) numbers; convert them to torch.float32 before saving"
    }
    return nil
  }
}

extension PickleGlobal {
  private static let known: [String: PickleGlobal] = [
    "collections.OrderedDict": .orderedDict,
    "collections.defaultdict": .defaultDict,
    "torch.Size": .size,
    "torch.storage.UntypedStorage": .untypedStorage, "torch.UntypedStorage": .untypedStorage,
    "torch._utils._rebuild_tensor": .rebuildTensor,
    "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
    "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
  ]

  private static let storageTypes: [String: ElementType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16, "LongStorage": .i64,
    "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool,
  ]

  private static let dtypes: [String: ElementType] = [
    "float64": .f64, "double": .f64, "float32": .f32, "float": .f32, "float16": .f16, "half": .f16, "bfloat16": .bf16,
    "int64": .i64, "long": .i64, "int32": .i32, "int": .i32, "int16": .i16, "short": .i16, "int8": .i8, "uint8": .u8,
    "uint16": .u16, "uint32": .u32, "uint64": .u64, "bool": .bool,
  ]

  /// What checkpoints carry beside their tensors: options, the best accuracy as a numpy number, a default of a dict.
  private static let inertNames: Set<String> = [
    "argparse.Namespace", "torch.device", "torch.serialization._get_layout", "torch.Tensor",
    "torch.nn.parameter.Parameter", "torch.storage.TypedStorage", "_codecs.encode",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.dtype", "numpy.ndarray",
    "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset",
    "builtins.bytearray", "__builtin__.bytearray",
    "builtins.dict", "__builtin__.dict", "builtins.list", "__builtin__.list", "builtins.int", "__builtin__.int",
    "builtins.float", "__builtin__.float", "builtins.str", "__builtin__.str", "builtins.bool", "__builtin__.bool",
    "builtins.object", "__builtin__.object", "copyreg._reconstructor", "copy_reg._reconstructor",
  ]
}
