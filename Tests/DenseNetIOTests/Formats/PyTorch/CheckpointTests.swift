import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// `Tests/Fixtures/pytorch`, written by `Scripts/fixtures/weights/make_checkpoint_fixtures.py`.
let checkpoints = fixtures.deletingLastPathComponent().appendingPathComponent("pytorch")

func ramp(_ shape: [Int], times factor: Float = 1, plus offset: Float = 0) -> Tensor {
  Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { (Float($0) / 4 - 1) * factor + offset })
}

/// The state of that script, by today's names.
let checkpointState: [String: TensorValue] = [
  "features.conv0.weight": .floating(ramp([4, 1, 3, 3])),
  "features.denseblock1.denselayer1.norm1.weight": .floating(ramp([4])),
  "features.denseblock1.denselayer1.norm1.running_var": .floating(ramp([4], plus: 2)),
  "features.denseblock1.denselayer1.norm1.num_batches_tracked": .scalar(938),
  "features.denseblock1.denselayer1.conv1.weight": .floating(ramp([2, 4, 1, 1])),
  "features.norm5.bias": .floating(ramp([6])),
  "classifier.weight": .floating(ramp([3, 6])),
  "classifier.bias": .floating(Tensor(shape: [3], values: [0.1, -0.2, 0x1p-149])),
]

func byName(_ file: WeightsFile) -> [String: TensorValue] {
  Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.value) })
}

@Suite struct CheckpointTests {
  private func read(_ name: String) throws -> WeightsReader {
    try WeightsReader(contentsOf: checkpoints.appendingPathComponent(name))
  }

  struct Case: CustomTestStringConvertible {
    var name: String
    var format = WeightsFormat.pytorch
    var entry = ""
    var renamed = 0
    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(name: "containers/zip-2.pth"), Case(name: "containers/zip-3.pth"), Case(name: "containers/zip-4.pth"),
    Case(name: "containers/zip-5.pth"),
    Case(name: "containers/legacy-2.pth", format: .pytorchLegacy),
    Case(name: "containers/legacy-3.pth", format: .pytorchLegacy),
    Case(name: "containers/legacy-4.pth", format: .pytorchLegacy),
    Case(name: "containers/legacy-5.pth", format: .pytorchLegacy),
    Case(name: "containers/deflated.pth"), Case(name: "parameters.pth"), Case(name: "wrapped/module.pth", renamed: 8),
    Case(name: "wrapped/averaged.pth", renamed: 8), Case(name: "wrapped/compiled-module-model.pth", renamed: 8),
    Case(name: "old-names.pth", format: .pytorchLegacy, renamed: 4), Case(name: "old-names-final.pth", renamed: 8),
    Case(name: "old-names.safetensors", format: .safetensors, renamed: 8),
    Case(name: "wrapped/nested.pth", entry: "state_dict", renamed: 8),
    Case(name: "wrapped/nested-legacy.pth", format: .pytorchLegacy, entry: "state_dict", renamed: 8),
    Case(name: "timm", format: .safetensors), Case(name: "hub"),
  ])
  func theSameStateIsRead(test: Case) throws {
    let reading = try read(test.name)
    #expect(byName(reading.file) == checkpointState)
    #expect(reading.format == test.format && reading.entry == test.entry && reading.renamed == test.renamed)
  }

  /// As timm's `load_state_dict` does: the average comes first.
  @Test func theAverageIsTakenAndAnotherEntryCanBeChosen() throws {
    let url = checkpoints.appendingPathComponent("wrapped/nested-averaged.pth")
    let averaged = try WeightsReader(contentsOf: url)
    #expect(averaged.entry == "model_ema" && averaged.file["features.norm5.bias"] == .floating(ramp([6], times: 2)))
    let plain = try WeightsReader(contentsOf: url, entry: "model.state_dict")
    #expect(plain.entry == "model.state_dict" && byName(plain.file) == checkpointState)
    #expect(try WeightsReader(contentsOf: url, entry: "model").entry == "model.state_dict")
  }

  @Test func tensorsComeInTheOrderOfTheDict() throws {
    #expect(try read("containers/zip-2.pth").file.tensors.map(\.name).first == "features.conv0.weight")
    #expect(try read("containers/legacy-2.pth").file.tensors.map(\.name).last == "classifier.bias")
  }

  @Test(arguments: ["types.pth", "types-legacy.pth"]) func everyTypeIsRead(name: String) throws {
    var expected: [String: TensorValue] = [
      "f64": .floating(Tensor(shape: [2, 2], values: [1.5, -2.25, .infinity, 1 / 3])),
      "f16": .floating(Tensor(shape: [6], values: [0, -0.0, 1, -2.5, 65504, 0x1p-24])),
      "bf16": .floating(Tensor(shape: [4], values: [1, -3.140625, 0x1.fcp127, 0x1p-133])),
      "i32": .integer([1, -2_147_483_648], shape: [2]), "i16": .integer([1, -32768], shape: [2]),
      "i8": .integer([1, -128], shape: [2]), "u8": .integer([0, 255], shape: [1, 2]),
      "bool": .integer([1, 0, 1], shape: [3]), "empty": .floating(Tensor(shape: [2, 0, 3], values: [])),
      "scalar": .floating(Tensor(shape: [], values: [0.5])),
    ]
    if name == "types.pth" {
      expected["u16"] = .integer([0, 65535], shape: [2])
      expected["u64"] = .integer([0, .max], shape: [2])
    }
    var found = try byName(read(name).file)
    let bits = try #require(found.removeValue(forKey: "nan")?.tensor).values.map(\.bitPattern)
    #expect(bits == [0x7fc1_2345, 0x7f80_0001, 0xffff_ffff])
    #expect(found == expected)
  }

  @Test(arguments: ["views.pth", "views-legacy.pth"]) func viewsAreRead(name: String) throws {
    func view(_ shape: [Int], _ element: ([Int]) -> Int) -> TensorValue {
      var values: [Float] = []
      func fill(_ index: [Int]) {
        guard index.count < shape.count else { return values.append(Float(element(index)) / 4 - 1) }
        for i in 0..<shape[index.count] { fill(index + [i]) }
      }
      fill([])
      return .floating(Tensor(shape: shape, values: values))
    }
    let expected = [
      "base": view([4, 6]) { $0[0] * 6 + $0[1] }, "again": view([4, 6]) { $0[0] * 6 + $0[1] },
      "transposed": view([6, 4]) { $0[1] * 6 + $0[0] }, "column": view([4]) { $0[0] * 6 + 2 },
      "block": view([2, 3]) { ($0[0] + 1) * 6 + $0[1] + 2 }, "tail": view([4]) { 20 + $0[0] },
      "expanded": view([3, 6]) { $0[1] }, "repeated": view([2, 2]) { _ in 0 },
      "channels_last": view([2, 3, 4, 5]) { (($0[0] * 3 + $0[1]) * 4 + $0[2]) * 5 + $0[3] },
      "permuted": view([5, 2, 4, 3]) { (($0[1] * 3 + $0[3]) * 4 + $0[2]) * 5 + $0[0] },
      "steps": view([2, 2]) { $0[0] * 12 + 1 + $0[1] * 3 },
    ]
    #expect(try byName(read(name).file) == expected)
  }

  @Test(arguments: [
    ("refused/module.pth", "torch.nn.modules.container.Sequential"),
    ("refused/sparse.pth", "a sparse tensor (torch._utils._rebuild_sparse_tensor)"),
    ("refused/complex.pth", "complex numbers (torch.ComplexFloatStorage)"),
    ("refused/float8.pth", "torch.float8_e4m3fn numbers"),
    ("refused/quantised.pth", "a quantised tensor (torch._utils._rebuild_qtensor)"),
    ("refused/list.pth", "expected a dict of tensors, found a list of 2"),
    ("refused/text.pth", "expected a dict of tensors, found a dict of epoch, note"),
    ("refused/system-2.pth", "posix.system"), ("refused/system-4.pth", "posix.system"),
    ("refused/system-legacy.pth", "posix.system"), ("refused/plain.pkl", "a pickle that torch.save did not write"),
    ("refused/big-endian.pth", "big-endian"), ("refused/bzip2.pth", "compressed by method 12"),
  ])
  func othersAreRefusedByName(name: String, says: String) throws {
    let thrown = failure { _ = try read(name) }
    #expect(thrown?.kind == .invalidData)
    let message = try #require(thrown?.description)
    #expect(message.contains("\(name): ") && message.contains(says), "\(message)")
    #expect(!message.contains { $0.isNewline } && message.count < 400)
  }

  @Test func aFolderOfTimmDescribesItsModel() throws {
    let card = try read("timm").file.card
    #expect(card.model == "densenet121" && card.classNames == ["ankle boot", "bag", "coat"])
    #expect(
      card.preprocessing?.json
        == #"{"crop":[224,224],"inputChannels":3,"interpolation":"bicubic","mean":[0.485,0.456,0.406],"#
        + #""resize":{"shorterSide":256},"std":[0.229,0.224,0.225]}"#)
    let flat = try read("hub").file.card
    #expect(flat.model == "densenet161" && flat.classNames == nil)
    #expect(try flat.preprocessing?.value.resize == .shorterSide(235))
  }
}
