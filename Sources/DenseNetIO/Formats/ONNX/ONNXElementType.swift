import DenseNets
import Foundation

/// The element types of ONNX tensors that this package reads, by the format's numbers.
enum ONNXElementType: Int32 {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 6
  case int64 = 7
  case float16 = 10
  case double = 11
  case bfloat16 = 16

  /// How such elements lie in a file's bytes.
  var stored: ElementType {
    switch self {
    case .float: .f32
    case .uint8: .u8
    case .int8: .i8
    case .int32: .i32
    case .int64: .i64
    case .float16: .f16
    case .double: .f64
    case .bfloat16: .bf16
    }
  }
}
