import DenseNets
import Foundation

// A quantized network in ONNX's own terms: values that are rounded to bytes and back (QuantizeLinear, DequantizeLinear)
// around convolutions whose weights are bytes. What a byte stands for is all in the batch norms before them and in the
// weights' scales: maps and what convolutions read are numbers from 0 to 255, so that one scale of 1 is right for every
// channel, which all runtimes can compute with.

extension GraphBuilder {
  /// An initializer of integers.
  private mutating func initializer<Element: FixedWidthInteger>(
    _ name: String, _ values: [Element], shape: [Int], _ type: ONNXElementType
  ) -> String {
    var data = Data(capacity: values.count * MemoryLayout<Element>.size)
    values.map(\.littleEndian).withUnsafeBytes { data.append(contentsOf: $0) }
    return initializer(name, data, shape: shape, type)
  }

  /// x, rounded to whole numbers from 0 to 255; with a slice, those that stand for x there.
  mutating func rounded(_ x: String, _ name: String, _ slice: Quantization.Slice? = nil) -> String {
    let one = initializer("\(name).one", Tensor(shape: [], values: [1]))
    let none = initializer("\(name).none", [UInt8(0)], shape: [], .uint8)
    var (scale, zero, axis) = (one, none, [ONNXAttributeProto]())
    if let slice {
      let shape = [slice.scale.count]
      scale = initializer("\(name).scale", Tensor(shape: shape, values: slice.scale))
      zero = initializer("\(name).zero_point", slice.zero.map { UInt8($0) }, shape: shape, .uint8)
      axis = [.int("axis", 1)]
    }
    let bytes = node("QuantizeLinear", "\(name).quantized", [x, scale, zero], axis)
    return node("DequantizeLinear", "\(name).rounded", [bytes, one, none])
  }

  /// x as bytes with a scale and a zero for all channels, less that zero.
  mutating func roundedImages(_ x: String, _ name: String, _ own: Quantization.Convolution) -> String {
    let one = initializer("\(name).one", Tensor(shape: [], values: [1]))
    let scale = initializer("\(name).scale", Tensor(shape: [], values: [own.inputScale[0]]))
    let zero = initializer("\(name).zero_point", [UInt8(own.inputZero)], shape: [], .uint8)
    let bytes = node("QuantizeLinear", "\(name).quantized", [x, scale, zero])
    return node("DequantizeLinear", "\(name).rounded", [bytes, one, zero])
  }

  /// The weights and the bias of a quantized layer, as numbers of integers.
  /// - Parameter held: where a block holds the output, which is of its bytes then.
  mutating func quantizedParameters(
    _ own: Quantization.Convolution, shape: [Int], bias: Tensor?, held: Quantization.Slice?, _ name: String
  ) -> [String] {
    let outputs = own.weightScale.count
    let scales = own.weightScale.indices.map { own.weightScale[$0] / (held?.scale[$0] ?? 1) }
    let scale = initializer("\(name).weight_scale", Tensor(shape: [outputs], values: scales))
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
      let zero = held.map { Double($0.zero[k]) * Double($0.scale[k]) } ?? 0
      let constant = Double(own.correction[k]) + Double(bias?.values[k] ?? 0) + zero
      return Int32(min(max((constant / Double(own.weightScale[k])).rounded(), -0x1p31), 0x1p31 - 1))
    }
    return [numbers("weight", bytes, shape, .int8), numbers("bias", constants, [outputs], .int32)]
  }

  /// The parameters of a batch norm that reads bytes of a block, and whose output is in units of its reader's bytes.
  mutating func quantizedNorm(_ layer: BatchNorm2d, _ name: String, source: Quantization.Slice?, unit: [Float])
    -> [String]
  {
    func add(_ part: String, _ value: (Int) -> Double) -> String {
      let values = (0..<layer.channels).map { Float(value($0)) }
      return initializer("\(name).\(part)", Tensor(shape: [values.count], values: values))
    }
    let (gamma, beta) = (layer.weight.value.values, layer.bias.value.values)
    let (mean, variance) = (layer.runningMean.value.values, layer.runningVariance.value.values)
    func step(_ c: Int) -> Double { Double(source?.scale[c] ?? 1) }
    return [
      add("weight") { Double(gamma[$0]) / Double(unit[$0]) },
      add("bias") { Double(beta[$0]) / Double(unit[$0]) },
      add("running_mean") { Double(mean[$0]) / step($0) + Double(source?.zero[$0] ?? 0) },
      add("running_var") { (Double(variance[$0]) + Double(layer.epsilon)) / (step($0) * step($0)) },
    ]
  }
}
