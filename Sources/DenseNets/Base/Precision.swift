/// What a network's maps hold: each a number, or with ``int8`` what stands for one.
public enum Precision: String, Sendable, CaseIterable {
  case fp32
  /// The upper half of fp32, for maps and their gradients; sums, statistics, parameters and their gradients stay fp32.
  case bf16
  /// Bytes, each channel's with a scale and a zero of its own: inference with a ``Quantization`` alone, no device's.
  case int8

  /// Of one value.
  var bytes: Int {
    switch self {
    case .fp32: 4
    case .bf16: 2
    case .int8: 1
    }
  }
}
