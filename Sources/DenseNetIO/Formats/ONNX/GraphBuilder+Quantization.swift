import DenseNets
import Foundation

// A quantized network in ONNX's own terms: values that are rounded to bytes and back (QuantizeLinear, DequantizeLinear)
// around convolutions whose weights are bytes. What a convolution reads is brought into units of its bytes by the batch
// norm before it, so that a scale of 1 is right for all of its channels.

extension GraphBuilder {
  /// An initializer of integers.
  private mutating func initializer<Element: FixedWidthInteger>(
    _ name: String, _ values: [Element], shape: [Int], _ type: ONNXElementType
  ) -> String {
    var data = Data(capacity: values.count * MemoryLayout<Element>.size)
    values.map(\.littleEndian).withUnsafeBytes { data.append(contentsOf: $0) }
    return initializer(name, data, shape: shape, type)
  }

  /// x, rounded to bytes that stand for `(byte - zero) * scale`; without a scale per channel, for themselves.
  mutating func rounded(_ x: String, _ name: String, _ slice: Quantization.Slice? = nil) -> String {
    let shape = slice.map { [$0.scale.count] } ?? []
    let scale = initializer("\(name).scale", Tensor(shape: shape, values: slice?.scale ?? [1]))
    let zero = initializer("\(name).zero_point", slice?.zero.map { UInt8($0) } ?? [0], shape: shape, .uint8)
    let axis: [ONNXAttributeProto] = slice == nil ? [] : [.int("axis", 1)]
    let bytes = node("QuantizeLinear", "\(name).quantized", [x, scale, zero], axis)
    return node("DequantizeLinear", "\(name).rounded", [bytes, scale, zero], axis)
  }

  /// The weights and the bias of a quantized layer, as numbers of integers.
  mutating func quantizedParameters(_ own: Quantization.Convolution, shape: [Int], bias: Tensor?, _ name: String)
    -> [String]
  {
    let outputs = own.weightScale.count
    let scale = initializer("\(name).weight_scale", Tensor(shape: [outputs], values: own.weightScale))
    func numbers<Element: FixedWidthInteger>(
      _ part: String, _ values: [Element], _ shape: [Int], _ type: ONNXElementType
    ) -> String {
      let integers = initializer("\(name).\(part)_quantized", values, shape: shape, type)
      let zero = initializer(
        "\(name).\(part)_zero_point", [Element](repeating: 0, count: outputs), shape: [outputs], type)
      return node("DequantizeLinear", "\(name).\(part)", [integers, scale, zero], [.int("axis", 0)])
    }
    // The file's order is row by row.
    let bytes = Tensor(shape: shape, storage: own.weight.map(Float.init)).values.map { Int8($0) }
    let constants = own.correction.indices.map { k -> Int32 in
      let constant = Double(own.correction[k]) + Double(bias?.values[k] ?? 0)
      return Int32(min(max((constant / Double(own.weightScale[k])).rounded(), -0x1p31), 0x1p31 - 1))
    }
    return [numbers("weight", bytes, shape, .int8), numbers("bias", constants, [outputs], .int32)]
  }
}
