import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

private let folder = fixtures.deletingLastPathComponent().appendingPathComponent("onnx")

/// What Scripts/fixtures/weights/make_onnx_fixtures.py wrote: `table1-torchscript` is the network `table1` by that exporter.
private let exports = [
  "table1-torchscript", "table1-torchscript-plain", "table1-dynamo", "table1-dynamo-plain", "table1-dynamo-external",
  "chapter-torchscript", "chapter-dynamo", "cifar-torchscript", "cifar-dynamo",
]

private func read(_ export: String) throws -> WeightsFile {
  try WeightsFile(contentsOf: folder.appendingPathComponent("\(export).onnx"))
}

private func expected(_ export: String) throws -> WeightsFile {
  try WeightsFile(tensorsOf: folder.appendingPathComponent("\(export.split(separator: "-")[0]).safetensors"))
}

@Suite struct ONNXPyTorchTests {
  @Test(arguments: exports) func logitsAreThoseOfPyTorch(_ export: String) throws {
    let file = try read(export)
    let reference = try expected(export)
    let numbers = try #require(try file.card.configuration?.value)
    #expect(numbers == (try reference.card.configuration?.value))
    let net = DenseNet(numbers)
    try file.load(into: net)
    let logits = net(try #require(reference["input"]?.tensor))
    let wanted = try #require(reference["logits"]?.tensor)
    let error = zip(logits.values, wanted.values).map { abs($0 - $1) }.max()!
    let scale = wanted.values.map(abs).max()!
    #expect(error / scale < 2e-6, "\(error / scale)")
  }

  @Test(arguments: ["table1-torchscript-plain", "table1-dynamo-plain"])
  func unfoldedStateIsThatOfPyTorchBitForBit(_ export: String) throws {
    let file = try read(export)
    let reference = try expected(export)
    for tensor in file.tensors where tensor.value.tensor != nil {
      #expect(tensor.value == reference["state.\(tensor.name)"], "\(tensor.name)")
    }
  }

  @Test(arguments: ["table1-torchscript", "table1-dynamo"])
  func foldedNormsAddABiasAndNothingElse(_ export: String) throws {
    let file = try read(export)
    for norm in ["features.norm0", "features.denseblock2.denselayer1.norm2"] {
      let weight = try #require(file["\(norm).weight"]?.tensor).values
      let mean = try #require(file["\(norm).running_mean"]?.tensor).values
      let variance = try #require(file["\(norm).running_var"]?.tensor).values
      for channel in weight.indices {
        // As the engine computes it, and as PyTorch does.
        let scale = Double(weight[channel]) / (Double(variance[channel]) + Double(Float(1e-5))).squareRoot()
        #expect(Float(scale) == 1)
        #expect(weight[channel] / (variance[channel] + 1e-5).squareRoot() == 1)
        #expect(mean[channel] == 0)
      }
    }
  }
}

/// Elements in files beside the model.
@Suite struct ONNXExternalDataTests {
  /// Copies the model and its data, changes the model, and answers what reading it says.
  private func failureOfReading(
    called name: String = "table1-dynamo-external.onnx.data", _ edit: (inout ONNXStringStringEntryProto) -> Void,
    prepare: (URL) throws -> Void = { _ in }
  ) throws -> String? {
    try withTemporaryFolder { target in
      let data = "table1-dynamo-external.onnx.data"
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent(data), to: target.appendingPathComponent(name))
      var proto = try ONNXModelProto(
        serializedBytes: Data(contentsOf: folder.appendingPathComponent("table1-dynamo-external.onnx")))
      for index in proto.graph.initializer.indices {
        for entry in proto.graph.initializer[index].externalData.indices {
          edit(&proto.graph.initializer[index].externalData[entry])
        }
      }
      try prepare(target)
      let file = target.appendingPathComponent("m.onnx")
      try proto.serializedData().write(to: file)
      return failure { _ = try WeightsFile(contentsOf: file) }?.description
    }
  }

  private func location(_ value: String) -> (inout ONNXStringStringEntryProto) -> Void {
    { if $0.key == "location" { $0.value = value } }
  }

  @Test func dataOfAnotherNameIsRead() throws {
    #expect(try failureOfReading(called: "weights.bin", location("weights.bin")) == nil)
  }

  @Test(arguments: ["../table1-dynamo-external.onnx.data", "/etc/passwd", "a/b", "..", "."])
  func pathsAreRefused(_ path: String) throws {
    let found = try failureOfReading(location(path))
    #expect(found?.contains("expected a file in the model's own folder") == true, "\(found ?? "")")
  }

  @Test func missingDataIsNamed() throws {
    let found = try failureOfReading(location("gone.data"))
    #expect(
      found?.contains("gone.data, which cannot be read; put that file next to the model") == true, "\(found ?? "")")
  }

  @Test func linksAreRefused() throws {
    let found = try failureOfReading(location("link")) {
      try FileManager.default.createSymbolicLink(
        atPath: $0.appendingPathComponent("link").path, withDestinationPath: "table1-dynamo-external.onnx.data")
    }
    #expect(found?.contains("link, which is a link or not a file") == true, "\(found ?? "")")
  }

  @Test(arguments: ["offset", "length"], ["-1", "x", "7560", "9223372036854775807", "99999999999999999999"])
  func placesBeyondTheFileAreRefused(_ key: String, _ value: String) throws {
    let found = try failureOfReading { if $0.key == key { $0.value = value } }
    #expect(found?.contains("bytes") == true, "\(found ?? "")")
  }

  @Test func bytesAloneHaveNoData() throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("table1-dynamo-external.onnx"))
    #expect(failure { _ = try weights(data) }?.description.contains("which is not available") == true)
  }
}
