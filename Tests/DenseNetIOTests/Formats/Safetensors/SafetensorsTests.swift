import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct SafetensorsTests {
  private var state: [NamedTensor] {
    [
      NamedTensor(name: "0.0.weight", tensor: ramp([4, 2, 3, 3])),
      NamedTensor(name: "0.0.bias", tensor: Tensor(shape: [4], values: [0.1, -0.2, 3e-38, 0x1p-149])),
      NamedTensor(name: "0.1.running_mean", tensor: ramp([4])),
      NamedTensor(name: "0.1.num_batches_tracked", value: .scalar(938)),
      NamedTensor(name: "10.weight", tensor: ramp([3, 4])),
      NamedTensor(name: "2.weight", tensor: ramp([2, 3, 4])),
      NamedTensor(name: "empty", tensor: Tensor(shape: [2, 0, 3], values: [])),
      NamedTensor(name: "scalar", tensor: Tensor(shape: [], values: [0.5])),
      NamedTensor(name: "odd \"name\"\\\n\té漢", value: .integer([7, -8], shape: [2])),
    ]
  }

  @Test(arguments: [("state", [:]), ("state-metadata", ["format": "pt"])])
  func equalsTheReferenceLibraryByteForByte(name: String, metadata: [String: String]) throws {
    let written = try Data(contentsOf: fixtures.appendingPathComponent("\(name).safetensors"))
    #expect(Safetensors.encoded(WeightsFile(tensors: state, metadata: metadata)) == written)
    #expect(Safetensors.encoded(WeightsFile(tensors: state.reversed(), metadata: metadata)) == written)
  }

  @Test(arguments: [("state", [:]), ("state-metadata", ["format": "pt"])])
  func readsTheReferenceLibrary(name: String, metadata: [String: String]) throws {
    let file = try WeightsFile(contentsOf: fixtures.appendingPathComponent("\(name).safetensors"))
    #expect(file.metadata == metadata)
    #expect(file.tensors.count == state.count)
    for tensor in state { #expect(file[tensor.name] == tensor.value) }
    #expect(
      file.tensors.map(\.name).prefix(4) == [
        "0.1.num_batches_tracked", "odd \"name\"\\\n\té漢", "0.0.bias", "0.0.weight",
      ])
  }

  @Test func readsEveryType() throws {
    let file = try WeightsFile(contentsOf: fixtures.appendingPathComponent("types.safetensors"))
    let expected: [String: TensorValue] = [
      "f64": .floating(Tensor(shape: [2, 2], values: [1.5, -2.25, .infinity, 1 / 3])),
      "f16": .floating(
        Tensor(
          shape: [9],
          values: [0, -0.0, 1, -2.5, 65504, 0x1p-24, 0x1.ff8p-15, .infinity, 0x1.554p-2])),
      "bf16": .floating(Tensor(shape: [4], values: [1, -3.140625, 0x1.fcp127, 0x1p-133])),
      "i32": .integer([1, -2_147_483_648], shape: [2]),
      "i16": .integer([1, -32768], shape: [2]),
      "i8": .integer([1, -128], shape: [2]),
      "u8": .integer([0, 255], shape: [1, 2]),
      "u16": .integer([0, 65535], shape: [2]),
      "u32": .integer([0, 4_294_967_295], shape: [2]),
      "u64": .integer([0, .max], shape: [2]),
      "bool": .integer([1, 0, 1], shape: [3]),
    ]
    #expect(file.tensors.count == expected.count)
    for (name, value) in expected { #expect(file[name] == value, "\(name)") }
  }

  @Test func halfPrecisionIsExact() {
    #expect(float(half: 0x8000).sign == .minus)
    #expect(float(half: 0x7e00).isNaN)
    #expect(float(half: 0xfc00) == -.infinity)
    for exponent in -14...15 {
      let bits = UInt16(exponent + 15) << 10 | 0x155
      #expect(float(half: bits) == Float(sign: .plus, exponent: exponent, significand: 1 + 341 / 1024))
    }
    for fraction in 0..<1024 { #expect(float(half: UInt16(fraction)) == Float(fraction) / 16_777_216) }
  }

  @Test func roundTripsThroughAFile() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      let file = WeightsFile(tensors: state, metadata: ["a": "1", "b\"": "\u{1}\u{7f}"], source: url.relativePath)
      try file.write(to: url)
      let read = try WeightsFile(contentsOf: url)
      #expect(read.metadata == file.metadata)
      #expect(Safetensors.encoded(read) == Safetensors.encoded(file))
      #expect(try contents(of: folder) == ["model.safetensors"])
    }
  }

  @Test func anEmptyFileRoundTrips() throws {
    let data = Safetensors.encoded(WeightsFile())
    #expect(data == Data([8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8)))
    #expect(try WeightsFile(data: data, source: "x").tensors.isEmpty)
  }

  @Test func readsASliceOfALargerBuffer() throws {
    let data = Data(count: 13) + Safetensors.encoded(WeightsFile(tensors: state))
    let file = try WeightsFile(data: data.dropFirst(13), source: "slice")
    #expect(file["10.weight"]?.tensor == ramp([3, 4]))
  }

  @Test func unknownFieldsAndWhiteSpaceAreFine() throws {
    let header = #" "a" : { "dtype":"U8", "extra": [{"b": [1.5e3, -0, true, null, "\ud83d\ude00"]}], "#
    let text = "{" + header + #""shape": [ 2 ],"# + "\n\t" + #""data_offsets": [0, 2] } } "#
    let file = try WeightsFile(data: safetensors(text, data: 2), source: "x")
    #expect(file["a"] == .integer([0, 0], shape: [2]))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func finiteNumbersCanBeRequired(value: Float) throws {
    var values = [Float](repeating: 1, count: 24)
    let fine = NamedTensor(name: "fine", tensor: Tensor(shape: [1, 2, 3, 4], values: values))
    try WeightsFile(tensors: [fine]).requireFinite()
    values[17] = value
    let file = WeightsFile(
      tensors: [fine, NamedTensor(name: "bad", tensor: Tensor(shape: [1, 2, 3, 4], values: values))], source: "w.st")
    let thrown = failure { try file.requireFinite() }
    #expect(thrown?.kind == .invalidData)
    #expect(thrown?.description.hasPrefix("w.st: tensor bad holds \(value) at element 17") == true)
  }

  @Test func anAbsentFileAndAFolderAreToldApart() throws {
    try withTemporaryFolder { folder in
      let absent = failure { _ = try WeightsFile(contentsOf: folder.appendingPathComponent("no")) }
      #expect(absent?.kind == .missingInput && absent?.description.contains("no such file") == true)
      // A folder may hold weights.
      let empty = failure { _ = try WeightsFile(contentsOf: folder) }
      #expect(empty?.kind == .missingInput && empty?.description.contains("no such file") == false, "\(empty!)")
    }
  }
}
