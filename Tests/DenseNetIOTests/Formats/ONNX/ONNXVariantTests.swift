import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

/// Other ways to write the same network.
private struct Variant: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let edit: @Sendable (inout ONNXModelProto) -> Void

  init(_ name: String, _ edit: @escaping @Sendable (inout ONNXModelProto) -> Void) {
    (testDescription, self.edit) = (name, edit)
  }
}

private let variants: [Variant] = [
  Variant("nodes in reverse order, without names") { model in
    model.graph.node.reverse()
    for index in model.graph.node.indices { model.graph.node[index].name = "" }
  },
  Variant("Identity, Dropout and Cast between") { model in
    let values = model.graph.node.filter { $0.opType != "Gemm" }.map { $0.output[0] }
    for value in values + ["input", "features.conv0.weight", "features.norm0.bias"] {
      model.insert("Identity", after: value)
      model.insert("Dropout", after: "\(value).Identity")
      model.insert("Cast", after: "\(value).Identity.Dropout", [integer("to", 1)])
    }
    // Dropout and Cast of constants are not what exporters write.
    for index in model.graph.node.indices {
      for input in model.graph.node[index].input.indices.dropFirst() {
        let name = model.graph.node[index].input[input]
        if name.hasPrefix("features.conv0.weight.") {
          model.graph.node[index].input[input] = "features.conv0.weight.Identity"
        }
        if name.hasPrefix("features.norm0.bias.") {
          model.graph.node[index].input[input] = "features.norm0.bias.Identity"
        }
      }
    }
  },
  Variant("MatMul and Add") { model in
    let place = model.place("Gemm")
    let gemm = model.graph.node[place]
    model.graph.node[place] = node("Transpose", [gemm.input[1]], "transposed", [integers("perm", 1, 0)])
    model.graph.node.append(node("MatMul", [gemm.input[0], "transposed"], "product"))
    model.graph.node.append(node("Add", [gemm.input[2], "product"], gemm.output[0]))
  },
  Variant("Gemm of a transposed weight") { model in
    let place = model.place("Gemm")
    model.graph.node.append(node("Transpose", ["classifier.weight"], "transposed"))
    model.graph.node[place].input[1] = "transposed"
    model.graph.node[place].attribute = []
  },
  Variant("ReduceMean by attribute, Reshape") { model in
    let (pool, flatten) = (model.place("GlobalAveragePool"), model.place("Flatten"))
    model.graph.node[pool].opType = "ReduceMean"
    model.graph.node[pool].attribute = [integers("axes", -1, -2)]
    model.graph.node[flatten].opType = "Reshape"
    model.graph.node[flatten].attribute = []
    model.graph.node[flatten].input.append("shape")
    model.graph.initializer.append(tensor("shape", [0, -1]))
  },
  Variant("ReduceMean by input, without its axes kept") { model in
    let (pool, flatten) = (model.place("GlobalAveragePool"), model.place("Flatten"))
    model.graph.node[pool].opType = "ReduceMean"
    model.graph.node[pool].input.append("axes")
    model.graph.node[pool].attribute = [integer("keepdims", 0)]
    model.graph.initializer.append(tensor("axes", [2, 3]))
    let value = model.graph.node[pool].output[0]
    let gemm = model.place("Gemm")
    model.graph.node[gemm].input[0] = value
    model.graph.node.remove(at: flatten)
  },
  Variant("every layer concatenates all maps") { model in
    for place in model.graph.node.indices where model.graph.node[place].opType == "Concat" {
      let first = model.graph.node[place].input[0]
      if let inner = model.graph.node.first(where: { $0.output[0] == first }), inner.opType == "Concat" {
        model.graph.node[place].input.replaceSubrange(0...0, with: inner.input)
      }
      model.graph.node[place].attribute[0].i = -3
    }
  },
  Variant("initializers among the inputs, as before IR version 4") { model in
    for initializer in model.graph.initializer {
      var value = ONNXValueInfoProto()
      value.name = initializer.name
      model.graph.input.append(value)
    }
  },
  Variant("elements one by one") { model in
    for index in model.graph.initializer.indices {
      let data = model.graph.initializer[index].rawData
      model.graph.initializer[index].clearRawData()
      model.graph.initializer[index].floatData = data.withUnsafeBytes { ElementType.f32.floats($0) }
    }
  },
  Variant("double") { model in
    for index in model.graph.initializer.indices {
      let values = model.graph.initializer[index].rawData.withUnsafeBytes { ElementType.f32.floats($0) }
      model.graph.initializer[index].dataType = 11
      if index % 2 == 0 {
        model.graph.initializer[index].clearRawData()
        model.graph.initializer[index].doubleData = values.map(Double.init)
      } else {
        model.graph.initializer[index].rawData = values.map { Double($0).bitPattern.littleEndian }
          .withUnsafeBytes { Data($0) }
      }
    }
  },
  Variant("initializers as Constant nodes") { model in
    for initializer in model.graph.initializer {
      var value = ONNXAttributeProto()
      (value.name, value.type, value.t) = ("value", .tensor, initializer)
      model.graph.node.append(node("Constant", [], initializer.name, [value]))
    }
    model.graph.initializer = []
  },
  Variant("fields that a newer version may add") { model in
    model.irVersion = 30
    model.opsetImport[0].version = 99
  },
]

@Suite struct ONNXVariantTests {
  @Test(arguments: variants) fileprivate func stateIsTheSame(_ variant: Variant) throws {
    let file = try weights(try model(variant.edit))
    #expect(file.tensors == WeightsFile(stateOf: randomNetwork(tiny)).tensors)
  }

  /// fp16 and bf16, as bytes and one by one.
  @Test(arguments: [Int32(10), 16], [true, false]) func halvesAreWidened(_ type: Int32, _ isRaw: Bool) throws {
    let data = try model { model in
      for index in model.graph.initializer.indices {
        let count = model.graph.initializer[index].rawData.count / 4
        // 1.5 in both formats.
        let bits: UInt16 = type == 10 ? 0x3e00 : 0x3fc0
        model.graph.initializer[index].dataType = type
        if isRaw {
          model.graph.initializer[index].rawData = [UInt16](repeating: bits.littleEndian, count: count)
            .withUnsafeBytes { Data($0) }
        } else {
          model.graph.initializer[index].clearRawData()
          model.graph.initializer[index].int32Data = [Int32](repeating: Int32(bits), count: count)
        }
      }
    }
    let floats = try weights(data).tensors.compactMap(\.value.tensor)
    #expect(floats.allSatisfy { $0.values.allSatisfy { $0 == 1.5 } })
  }

  @Test func anotherEpsilonGoesIntoTheVariance() throws {
    let data = try model { model in
      for place in model.graph.node.indices where model.graph.node[place].opType == "BatchNormalization" {
        model.graph.node[place].attribute[model.attribute("epsilon", of: place)].f = 1e-3
      }
    }
    let variance = try #require(try weights(data)["features.norm5.running_var"]?.tensor).values
    let wanted = WeightsFile(stateOf: randomNetwork(tiny))["features.norm5.running_var"]!.tensor!.values
    for (found, wanted) in zip(variance, wanted) { #expect(abs(found + 1e-5 - (wanted + 1e-3)) < 2e-7) }
  }

  @Test func networkOfTheGraphIsBelievedBeforeThatOfTheMetadata() throws {
    var other = tiny
    other.numClasses = 4
    let json = CardEntry(other).json
    let file = try weights(
      try model { model in
        for index in model.metadataProps.indices { model.metadataProps[index].value = json }
      })
    #expect(file.card.model == nil)
    #expect(file.card.configuration == CardEntry(tiny))
  }
}
