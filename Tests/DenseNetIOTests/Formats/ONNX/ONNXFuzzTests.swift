import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

/// Changed graphs either parse or are refused in one line; nothing traps, hangs or grows. `DENSENET_FUZZ` is the number
/// of graphs for each file.
@Suite(.serialized) struct ONNXFuzzTests {
  private static let count = ProcessInfo.processInfo.environment["DENSENET_FUZZ"].flatMap { Int($0) } ?? 300
  private static let types = [
    "Cast", "Shape", "Size", "ConstantOfShape", "Reshape", "Transpose", "Expand", "Unsqueeze", "Squeeze", "Flatten",
    "Slice", "Gather", "Sqrt", "Neg", "Reciprocal", "Add", "Sub", "Mul", "Div", "Concat", "Identity", "Softmax", "Conv",
    "BatchNormalization", "Relu", "ReduceMean", "Constant", "Pad",
  ]
  private static let numbers: [Int64] = [
    0, 1, -1, 2, 3, -2, 4, 7, 64, 1 << 16, 1 << 23, 1 << 24, 1 << 31, 1 << 40, .max, .min, .max - 1,
  ]

  @Test(arguments: ["folded", "caffe-9", "constants", "padded-13", "of-shape", "front-nhwc", "tail-nhwc"])
  func changedGraphsNeverCrash(name: String) throws {
    let original = try ONNXModelProto(serializedBytes: Data(contentsOf: ONNXVariant.url(name)))
    var random = SplitMix(state: 0x0f01d ^ UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xffff))
    let before = ProcessMemory.peakResidentBytes()
    var refused = 0
    for _ in 0..<Self.count {
      var proto = original
      for _ in 0..<Int.random(in: 1...3, using: &random) { Self.change(&proto, &random) }
      let data = try proto.serializedData()
      do throws(Failure) { _ = try WeightsFile(data: data, source: "mutant.onnx") } catch {
        #expect(error.kind == .invalidData && !error.description.contains { $0.isNewline })
        refused += 1
      }
    }
    #expect(refused > Self.count / 8, "\(refused) refused")
    #expect(ProcessMemory.peakResidentBytes() - before < 1 << 30)
  }

  private static func change(_ proto: inout ONNXModelProto, _ random: inout SplitMix) {
    let place = Int.random(in: 0..<proto.graph.node.count, using: &random)
    func name() -> String {
      let other = proto.graph.node.randomElement(using: &random)!
      let names = other.input + other.output + proto.graph.initializer.map(\.name)
      return names.randomElement(using: &random)!
    }
    switch Int.random(in: 0..<9, using: &random) {
    case 0: proto.graph.node[place].opType = types.randomElement(using: &random)!
    case 1: if !proto.graph.node[place].input.isEmpty { proto.graph.node[place].input[0] = name() }
    case 2: if proto.graph.node[place].input.count > 1 { proto.graph.node[place].input[1] = name() }
    case 3: if !proto.graph.node[place].input.isEmpty { proto.graph.node[place].input.removeLast() }
    case 4:
      // A node of another kind makes a weight.
      guard let tensor = proto.graph.initializer.indices.randomElement(using: &random) else { return }
      let removed = proto.graph.initializer[tensor]
      proto.graph.initializer[tensor].name = removed.name + "'"
      let inputs = [removed.name + "'", name(), name()].prefix(Int.random(in: 1...3, using: &random))
      proto.graph.node.insert(node(types.randomElement(using: &random)!, Array(inputs), removed.name), at: 0)
    case 5:
      guard !proto.graph.node[place].attribute.isEmpty else { return }
      let attribute = proto.graph.node[place].attribute.indices.randomElement(using: &random)!
      let number = numbers.randomElement(using: &random)!
      proto.graph.node[place].attribute[attribute].i = number
      if !proto.graph.node[place].attribute[attribute].ints.isEmpty {
        proto.graph.node[place].attribute[attribute].ints[0] = number
      }
    case 6:
      guard
        let tensor = proto.graph.initializer.indices.filter({ proto.graph.initializer[$0].dataType == 7 })
          .randomElement(using: &random)
      else { return }
      let count = Int.random(in: 0...4, using: &random)
      let values = (0..<count).map { _ in numbers.randomElement(using: &random)! }
      proto.graph.initializer[tensor].rawData = Data()
      proto.graph.initializer[tensor].clearRawData()
      (proto.graph.initializer[tensor].dims, proto.graph.initializer[tensor].int64Data) = ([Int64(count)], values)
    case 7:
      let attribute = ["axes", "perm", "starts", "ends", "kernel_shape", "shape"].randomElement(using: &random)!
      let values = (0..<3).map { _ in Int(clamping: numbers.randomElement(using: &random)!) }
      proto.graph.node[place].attribute.append(.ints(attribute, values))
    default: proto.graph.node[place].attribute.append(.int("axis", Int.random(in: -5...5, using: &random)))
    }
  }
}
