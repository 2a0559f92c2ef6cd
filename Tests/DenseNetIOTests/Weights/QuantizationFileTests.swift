import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// A quantization among the tensors of a file, and back.
@Suite struct QuantizationFileTests {
  private static let quantization = Quantization(
    convolutions: [
      "a.conv": .init(
        weight: (0..<24).map { Int8($0 * 11 - 127) }, weightScale: [0.5, 0.25], inputScale: [1, 2, 4],
        correction: [0.125, -1]),
      "classifier": .init(weight: [127, -127, 0, 1], weightScale: [1, 2], inputScale: [3, 5], correction: [0, 0]),
    ], outputs: ["a.conv": .init(scale: [0.1, 0.2], zero: [0, 255])])

  private static var file: WeightsFile {
    func real(_ name: String, _ shape: [Int]) -> NamedTensor {
      NamedTensor(
        name: "\(name).weight", tensor: Tensor(shape: shape, storage: quantization.convolutions[name]!.realWeight))
    }
    var file = WeightsFile(tensors: [
      real("a.conv", [2, 3, 2, 2]), real("classifier", [2, 2]),
      NamedTensor(name: "classifier.bias", tensor: Tensor(shape: [2], values: [1, 2])),
    ])
    file.metadata["model"] = "d2l"
    file.quantization = quantization
    return file
  }

  private func written(_ file: WeightsFile) throws -> Data {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "a.safetensors")
    try file.write(to: url)
    return try Data(contentsOf: url)
  }

  @Test func comesBackAsItWas() throws {
    let data = try written(Self.file)
    let found = try WeightsFile(data: data, source: "a")
    #expect(found.quantization == Self.quantization)
    #expect(found.metadata == ["model": "d2l"])
    #expect(Set(found.tensors.map(\.name)) == ["a.conv.weight", "classifier.weight", "classifier.bias"])
    for tensor in Self.file.tensors { #expect(found[tensor.name] == tensor.value, "\(tensor.name)") }
    #expect(try written(found) == data)
  }

  @Test func liesAsDocumented() throws {
    let raw = try Safetensors.decoded(try written(Self.file))
    #expect(raw.metadata == ["model": "d2l", "quantization": "int8"])
    let weight = raw["a.conv.weight"]!
    #expect(weight.shape == [2, 3, 2, 2])
    // Row by row: output, input, kernel row, kernel column.
    let own = Self.quantization.convolutions["a.conv"]!.weight
    for k in 0..<2 {
      for c in 0..<3 {
        for tap in 0..<4 { #expect(weight.integers![(k * 3 + c) * 4 + tap] == Int64(own[(k * 4 + tap) * 3 + c])) }
      }
    }
    #expect(raw["a.conv.weight_scale"]?.tensor?.values == [0.5, 0.25])
    #expect(raw["a.conv.input_scale"]?.tensor?.values == [1, 2, 4])
    #expect(raw["a.conv.output_correction"]?.tensor?.values == [0.125, -1])
    #expect(raw["a.conv.output_zero_point"]?.tensor?.values == [0, 255])
    #expect(raw["classifier.output_scale"] == nil)
  }

  /// What belongs to no layer stays a tensor, of which whoever loads the weights tells.
  @Test func strangeScalesAreKept() throws {
    var file = Self.file
    file.tensors.append(NamedTensor(name: "extra.weight_scale", tensor: Tensor(shape: [1], values: [1])))
    let found = try WeightsFile(data: try written(file), source: "a")
    #expect(found["extra.weight_scale"] != nil && found.quantization == Self.quantization)
  }

  @Test func damageIsNamed() throws {
    let raw = try Safetensors.decoded(try written(Self.file))
    func refused(_ name: String, _ change: (inout WeightsFile) -> Void) throws {
      var bad = raw
      change(&bad)
      let data = try written(bad)
      let failure = #expect(throws: Failure.self) { try WeightsFile(data: data, source: "bad") }
      #expect(failure?.description.contains(name) == true, "\(failure?.description ?? "nothing")")
      #expect(failure?.description.contains("\n") == false)
    }
    func set(_ file: inout WeightsFile, _ name: String, _ value: TensorValue?) {
      let index = file.tensors.firstIndex { $0.name == name }!
      if let value { file.tensors[index].value = value } else { file.tensors.remove(at: index) }
    }
    func ones(_ count: Int) -> TensorValue {
      .floating(Tensor(shape: [count], values: .init(repeating: 1, count: count)))
    }
    func numbers(_ values: [Float]) -> TensorValue { .floating(Tensor(shape: [values.count], values: values)) }
    for part in ["weight_scale", "input_scale", "output_correction"] {
      try refused("classifier.\(part)") { set(&$0, "classifier.\(part)", nil) }
    }
    try refused("a.conv.weight") { set(&$0, "a.conv.weight_scale", numbers([1, 3e38])) }
    try refused("integers") { set(&$0, "a.conv.weight_scale", .integer([1, 1], shape: [2])) }
    for zeros in [[0, 256], [-1, 0], [0.5, 0]] as [[Float]] {
      try refused("whole zeros") { set(&$0, "a.conv.output_zero_point", numbers(zeros)) }
    }
    for scales in [[0, 1], [1, -1]] as [[Float]] {
      try refused("positive") { set(&$0, "a.conv.output_scale", numbers(scales)) }
    }
    try refused("int4") { $0.metadata["quantization"] = "int4" }
    try refused("a.conv.input_scale") { set(&$0, "a.conv.input_scale", nil) }
    try refused("a.conv.output_zero_point") { set(&$0, "a.conv.output_zero_point", nil) }
    try refused("a.conv.weight") { set(&$0, "a.conv.input_scale", ones(4)) }
    try refused("a.conv.weight") { set(&$0, "a.conv.weight_scale", .floating(.zeros([2]))) }
    try refused("a.conv.weight_scale") {
      set(&$0, "a.conv.weight_scale", .floating(Tensor(shape: [2], values: [1, .nan])))
    }
    try refused("a.conv.weight") {
      set(&$0, "a.conv.weight", .int8([Int8](repeating: -128, count: 24), shape: [2, 3, 2, 2]))
    }
    try refused("a.conv.weight") { set(&$0, "a.conv.weight", .floating(.zeros([2, 3, 2, 2]))) }
    try refused("a.conv.weight") {
      set(&$0, "a.conv.weight", .int8([Int8](repeating: 1, count: 24), shape: [2, 3, 4]))
    }
  }
}
