import DenseNets

// How a quantization lies in a safetensors file, beside the tensors of the network's state. A quantized layer NAME has
//
//   NAME.weight             I8   [out, in, kernel height, kernel width] or [out, in], from -127 to 127
//   NAME.weight_scale       F32  [out]
//   NAME.input_scale        F32  [in]
//   NAME.output_correction  F32  [out]
//   NAME.input_zero_point   F32  [1], a whole number from 0 to 255, of the network's first convolution alone
//
// and a convolution whose output a block holds, the one before the first block included,
//
//   NAME.output_scale       F32  [out]
//   NAME.output_zero_point  F32  [out], whole numbers from 0 to 255
//
// with the metadata `quantization`: `int8`. `Quantization` says what they mean.

extension WeightsFile {
  private enum Part: String, CaseIterable {
    case weightScale = "weight_scale"
    case inputScale = "input_scale"
    case inputZero = "input_zero_point"
    case correction = "output_correction"
    case outputScale = "output_scale"
    case outputZero = "output_zero_point"
  }

  private static let key = "quantization"
  private static let kind = "int8"

  /// The file with the quantization among its tensors.
  func withQuantizedTensors() -> WeightsFile {
    guard let quantization else { return self }
    var file = self
    file.quantization = nil
    file.metadata[Self.key] = Self.kind
    for index in file.tensors.indices {
      let name = file.tensors[index].name
      guard name.hasSuffix(".weight"), let own = quantization.convolutions[String(name.dropLast(".weight".count))],
        case .floating(let weight) = file.tensors[index].value
      else { continue }
      let bytes = Tensor(shape: weight.shape, storage: own.weight.map(Float.init)).values.map { Int8($0) }
      file.tensors[index].value = .int8(bytes, shape: weight.shape)
    }
    func add(_ name: String, _ part: Part, _ values: [Float]) {
      file.tensors.append(
        NamedTensor(name: "\(name).\(part.rawValue)", tensor: Tensor(shape: [values.count], values: values)))
    }
    for (name, own) in quantization.convolutions.sorted(by: { $0.key < $1.key }) {
      add(name, .weightScale, own.weightScale)
      add(name, .inputScale, own.inputScale)
      add(name, .correction, own.correction)
      if own.inputZero != 0 { add(name, .inputZero, [own.inputZero]) }
    }
    for (name, own) in quantization.outputs.sorted(by: { $0.key < $1.key }) {
      add(name, .outputScale, own.scale)
      add(name, .outputZero, own.zero)
    }
    return file
  }

  /// Takes the quantization out of the tensors, whose weights become the numbers that the bytes stand for.
  mutating func takeQuantization() throws(WeightsProblem) {
    guard let found = metadata.removeValue(forKey: Self.key) else { return }
    guard found == Self.kind else {
      throw Self.problem("its metadata", "expected the quantization \(Self.kind), found \"\(printable(found))\"")
    }
    let weights = tensors.map(\.name).filter { $0.hasSuffix(".weight") }
    let layers = Set(weights.map { String($0.dropLast(".weight".count)) })
    var parts: [String: [Part: [Float]]] = [:]
    var others: [NamedTensor] = []
    for tensor in tensors {
      if let (name, part) = Self.split(tensor.name), layers.contains(name) {
        parts[name, default: [:]][part] = try Self.numbers(tensor)
      } else {
        others.append(tensor)
      }
    }
    var quantization = Quantization()
    for (name, own) in parts {
      if own[.outputScale] != nil || own[.outputZero] != nil {
        let slice = Quantization.Slice(
          scale: try Self.part(.outputScale, own, name), zero: try Self.part(.outputZero, own, name))
        if let fault = slice.fault { throw Self.problem("the output of \(printable(name))", fault) }
        quantization.outputs[name] = slice
      }
    }
    for index in others.indices {
      guard others[index].name.hasSuffix(".weight") else { continue }
      let name = String(others[index].name.dropLast(".weight".count))
      let (own, value) = (parts[name] ?? [:], others[index].value)
      // A convolution of numbers has an output's scales at most.
      guard value.integers != nil || !own.keys.allSatisfy({ $0 == .outputScale || $0 == .outputZero }) else { continue }
      let convolution = try Self.convolution(own, name, value)
      quantization.convolutions[name] = convolution
      others[index].value = .floating(Tensor(shape: value.shape, storage: convolution.realWeight))
    }
    (tensors, self.quantization) = (others, quantization)
  }

  private static func numbers(_ tensor: NamedTensor) throws(WeightsProblem) -> [Float] {
    let shown = "tensor \(printable(tensor.name))"
    guard case .floating(let values) = tensor.value else {
      throw problem(shown, "expected floating-point numbers, found integers")
    }
    guard values.rank == 1 else {
      throw problem(shown, "expected numbers along one axis, found the shape \(values.shape)")
    }
    guard values.isFinite else { throw problem(shown, "expected finite numbers, found others") }
    return values.values
  }

  private static func split(_ name: String) -> (String, Part)? {
    guard let dot = name.lastIndex(of: "."), let part = Part(rawValue: String(name[name.index(after: dot)...])) else {
      return nil
    }
    return (String(name[..<dot]), part)
  }

  private static func part(_ part: Part, _ own: [Part: [Float]], _ name: String) throws(WeightsProblem) -> [Float] {
    guard let values = own[part] else {
      throw WeightsProblem("tensor \(printable("\(name).\(part.rawValue)")): expected, not found", remedy: remedy)
    }
    return values
  }

  private static func convolution(
    _ own: [Part: [Float]], _ name: String, _ weight: TensorValue
  ) throws(WeightsProblem) -> Quantization.Convolution {
    let (shape, shown) = (weight.shape, printable("\(name).weight"))
    let zero = own[.inputZero] ?? [0]
    guard zero.count == 1 else {
      throw WeightsProblem(
        "tensor \(printable("\(name).\(Part.inputZero.rawValue)")): expected 1 number, found \(zero.count)",
        remedy: remedy)
    }
    let result = Quantization.Convolution(
      weight: [], weightScale: try part(.weightScale, own, name), inputScale: try part(.inputScale, own, name),
      correction: try part(.correction, own, name), inputZero: zero[0])
    guard let integers = weight.integers, integers.allSatisfy({ (-127...127).contains($0) }) else {
      throw WeightsProblem("tensor \(shown): expected whole numbers from -127 to 127", remedy: remedy)
    }
    guard shape.count == 2 || shape.count == 4, result.weightScale.count == shape[0],
      result.inputScale.count == shape[1], result.correction.count == shape[0]
    else {
      throw WeightsProblem(
        "tensor \(shown): expected scales for its shape, found the shape \(shape) with \(result.weightScale.count) scales of weights, \(result.inputScale.count) of inputs and \(result.correction.count) corrections",
        remedy: remedy)
    }
    var complete = result
    complete.weight = Tensor(shape: shape, values: integers.map { Float($0) }).storage.map { Int8($0) }
    if let fault = complete.fault { throw problem("tensor \(shown)", fault) }
    return complete
  }

  private static func problem(_ place: String, _ fault: String) -> WeightsProblem {
    WeightsProblem("\(place): \(fault)", remedy: remedy)
  }

  private static let remedy = "quantize the weights again"
}
