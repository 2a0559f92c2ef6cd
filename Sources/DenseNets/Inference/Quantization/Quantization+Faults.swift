// What no quantization may have, whatever its network.

extension Quantization.Convolution {
  /// What makes no sense in it: what was expected, what was found; nil: nothing.
  package var fault: String? {
    if let scale = (weightScale + inputScale).first(where: { !($0 > 0 && $0.isFinite) }) {
      return "expected positive finite scales, found \(scale)"
    }
    if let value = correction.first(where: { !$0.isFinite }) { return "expected finite corrections, found \(value)" }
    if weight.contains(-128) { return "expected weights from -127 to 127, found -128" }
    if !Quantization.isZero(inputZero) {
      return "expected a whole zero of inputs from 0 to 255, found \(inputZero)"
    }
    let ratio = (weightScale.max() ?? 0) / (inputScale.min() ?? 1) * 127
    return ratio.isFinite ? nil : "expected weights that are finite numbers, found scales that make others"
  }
}

extension Quantization.Slice {
  /// As of a convolution.
  package var fault: String? {
    if let value = scale.first(where: { !($0 > 0 && $0.isFinite) }) {
      return "expected positive finite scales, found \(value)"
    }
    return zero.first { !Quantization.isZero($0) }.map { "expected whole zeros from 0 to 255, found \($0)" }
  }
}

extension Quantization {
  fileprivate static func isZero(_ value: Float) -> Bool { (0...255).contains(value) && value == value.rounded() }
}
