import DenseNets
import Foundation
import SwiftProtobuf
import Synchronization
import Testing

@testable import DenseNetIO

private struct Case: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// A part of the message.
  let says: String
  let edit: @Sendable (inout ONNXModelProto) -> Void

  init(_ name: String, _ says: String, _ edit: @escaping @Sendable (inout ONNXModelProto) -> Void) {
    (testDescription, self.says, self.edit) = (name, says, edit)
  }
}

private let cases: [Case] = [
  Case("another operator", "node 3 \"features.norm0.pool\" (LSTM): not part of a DenseNet") {
    $0.graph.node[3].opType = "LSTM"
  },
  Case("another domain", "node 0 \"features.conv0\" (Conv): not part of a DenseNet") {
    $0.graph.node[0].domain = "com.microsoft"
  },
  Case("no graph", "an ONNX model without a graph") { $0.clearGraph() },
  Case("old operators", "expected operators of version 3 or newer, found 2") { $0.opsetImport[0].version = 2 },
  Case("no version", "expected operators of version 3 or newer, found 1") { $0.opsetImport = [] },
  Case("two inputs", "expected a graph with one input and one output, found 2 and 1") {
    $0.graph.input.append($0.graph.input[0])
  },
  Case("no output", "expected a graph with one input and one output, found 1 and 0") { $0.graph.output = [] },
  Case("output that no node makes", "\"nothing\": expected a classifier (Gemm, or MatMul and Add), found no such value")
  {
    $0.graph.output[0].name = "nothing"
  },
  Case("output is the input", "found the graph's input") { $0.graph.output[0].name = "input" },
  Case("output is an initializer", "found an initializer") { $0.graph.output[0].name = "classifier.bias" },
  Case("initializers twice", "two initializers are called \"features.conv0.weight\"") {
    $0.graph.initializer.append($0.graph.initializer[0])
  },
  Case(
    "outputs twice", "node 1 \"features.norm0\" (BatchNormalization): its output \"features.conv0\" exists already"
  ) {
    $0.graph.node[1].output = ["features.conv0"]
  },
  Case("output that is an initializer", "its output \"classifier.bias\" exists already") {
    $0.graph.node[1].output = ["classifier.bias"]
  },
  Case("a circle of Identity", "depends on itself") {
    $0.graph.node.append(node("Identity", ["b"], "a"))
    $0.graph.node.append(node("Identity", ["a"], "b"))
    $0.graph.output[0].name = "a"
  },
  Case("a circle of concatenations", "expected at most 1024 layers in a dense block") {
    let place = $0.graph.node.lastIndex { $0.opType == "Concat" }!
    $0.graph.node[place].input[0] = $0.graph.node[place].output[0]
  },
  Case("a concatenation of nothing", "expected maps to concatenate, found none") {
    $0.graph.node[$0.graph.node.lastIndex { $0.opType == "Concat" }!].input = []
  },
  Case("concatenations that double", "expected at most 1024 layers in a dense block") { model in
    let place = model.graph.node.lastIndex { $0.opType == "Concat" }!
    var value = model.graph.node[place].input[0]
    for step in 0..<64 {
      model.graph.node.append(node("Concat", [value, value], "double\(step)", [integer("axis", 1)]))
      value = "double\(step)"
    }
    model.graph.node[place].input[0] = value
  },
  Case("a circle of blocks", "expected at most 16 dense blocks") { model in
    let place = model.graph.node.firstIndex { $0.opType == "Concat" }!
    let pool = model.graph.node[model.place("AveragePool")].output[0]
    for index in model.graph.node.indices {
      for input in model.graph.node[index].input.indices
      where model.graph.node[index].input[input] == "features.norm0.pool" {
        model.graph.node[index].input[input] = pool
      }
    }
    #expect(model.graph.node[place].input[0] == pool)
  },
  Case("missing weight", "expected a constant as input 1, found \"features.conv0.weight\"") {
    $0.graph.initializer.remove(at: $0.place(initializer: "features.conv0.weight"))
  },
  Case("no weight", "node 0 \"features.conv0\" (Conv): input 1 is missing") { $0.graph.node[0].input = ["input"] },
  Case("no inputs", "(Relu): input 0 is missing") {
    $0.graph.node[$0.graph.node.lastIndex { $0.opType == "Relu" }!].input = []
  },
  Case("weight of another kernel", "expected a kernel of 7×7, found a weight of shape [3, 2, 49, 1]") {
    $0.graph.initializer[$0.place(initializer: "features.conv0.weight")].dims = [3, 2, 49, 1]
  },
  Case("weight of two axes", "expected 4 axes of floating-point numbers as input 1, found shape [3, 98]") {
    $0.graph.initializer[$0.place(initializer: "features.conv0.weight")].dims = [3, 98]
  },
  Case("weight of integers", "expected 4 axes of floating-point numbers as input 1, found integers") {
    $0.graph.initializer[$0.place(initializer: "features.conv0.weight")].dataType = 6
  },
  Case("weight of strings", "its elements are of type 8") {
    $0.graph.initializer[$0.place(initializer: "features.conv0.weight")].dataType = 8
  },
  Case("weight of other channels", "expected a weight of shape [4, 4, 3, 3], found [4, 2, 3, 3]") {
    $0.graph.initializer[$0.place(initializer: "features.denseblock1.denselayer1.conv2.weight")].dims = [4, 2, 3, 3]
  },
  Case("too few bytes", "tensor \"classifier.bias\": expected 12 bytes for shape [3], found 11") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].rawData.removeLast()
  },
  Case("too few elements", "tensor \"classifier.bias\": expected 3 elements for shape [3], found 0") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].clearRawData()
  },
  Case("a negative axis", "shape [-3] is impossible") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].dims = [-3]
  },
  Case("an absurd shape", "is impossible") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].dims = [.max, .max, 4]
  },
  Case("an empty absurd shape", "is impossible") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].dims = [0, .max, .max, 1]
  },
  Case("an empty weight", "expected 4 axes of floating-point numbers as input 1, found shape [0, 2, 7, 7]") {
    let place = $0.place(initializer: "features.conv0.weight")
    $0.graph.initializer[place].dims = [0, 2, 7, 7]
    $0.graph.initializer[place].rawData = Data()
  },
  Case("nine axes", "expected at most 8 axes, found 9") {
    $0.graph.initializer[$0.place(initializer: "classifier.bias")].dims = [Int64](repeating: 1, count: 9)
  },
  Case("a norm in training", "(BatchNormalization): expected training_mode 0, found 1") {
    $0.graph.node[1].attribute.append(integer("training_mode", 1))
  },
  Case("a norm in training, before opset 14", "expected one output, as in inference, found 2") {
    $0.graph.node[1].output.append("mean")
  },
  Case("a pool without a size", "expected kernel_shape [3, 3], found []") {
    $0.graph.node[$0.place("MaxPool")].attribute.removeFirst()
  },
  Case("a norm of other channels", "expected 3 channels, found shape [1]") {
    let place = $0.place(initializer: "features.norm0.running_mean")
    $0.graph.initializer[place].dims = [1]
    $0.graph.initializer[place].rawData = Data(count: 4)
  },
  Case("another stride", "expected strides [2, 2], found [1, 1]") { $0.graph.node[0].attribute[2].ints = [1, 1] },
  Case("other padding", "expected pads [3, 3, 3, 3], found [0, 0, 0, 0]") { $0.graph.node[0].attribute.remove(at: 1) },
  Case("padding by name", "expected explicit padding, pads 3 on each side, found auto_pad SAME_UPPER") {
    var attribute = ONNXAttributeProto()
    (attribute.name, attribute.s) = ("auto_pad", Data("SAME_UPPER".utf8))
    $0.graph.node[0].attribute.append(attribute)
  },
  Case("groups", "expected group 1, found 3") { $0.graph.node[0].attribute.append(integer("group", 3)) },
  Case("dilation", "expected dilations [1, 1], found [2, 2]") {
    $0.graph.node[0].attribute.append(integers("dilations", 2, 2))
  },
  Case("sizes rounded up", "expected ceil_mode 0, found 1") {
    $0.graph.node[$0.place("AveragePool")].attribute.append(integer("ceil_mode", 1))
  },
  Case("another axis", "expected a concatenation of channels, axis 1") {
    $0.graph.node[$0.place("Concat")].attribute[0].i = 2
  },
  Case("a block's input after its layers", "(MaxPool): expected a dense layer's convolution (Conv)") {
    $0.graph.node[$0.place("Concat")].input.reverse()
  },
  Case("maps in another order", "(Conv): expected the block's 2 maps before the layer in their order, found 2") {
    model in
    let maps = ["features.denseblock1.denselayer1.conv2", "features.norm0.pool"]
    model.graph.node.append(node("Concat", maps, "turned", [integer("axis", 1)]))
    let norm = model.graph.node.firstIndex { $0.name == "features.denseblock1.denselayer2.norm1" }!
    model.graph.node[norm].input[0] = "turned"
  },
  Case("a scaled classifier", "expected alpha and beta of 1") {
    var attribute = ONNXAttributeProto()
    (attribute.name, attribute.f) = ("alpha", 2)
    $0.graph.node[$0.place("Gemm")].attribute.append(attribute)
  },
  Case("a classifier of other channels", "expected 5 inputs and a bias for each of 3 classes") {
    let place = $0.place(initializer: "classifier.weight")
    $0.graph.initializer[place].dims = [3, 1]
    $0.graph.initializer[place].rawData = Data(count: 12)
  },
  Case("means over other axes", "expected means over axes [2, 3], found [1]") {
    let place = $0.place("GlobalAveragePool")
    $0.graph.node[place].opType = "ReduceMean"
    $0.graph.node[place].attribute = [integers("axes", 1)]
  },
  Case("no means", "expected the means of the last map") {
    $0.graph.node[$0.place("GlobalAveragePool")].opType = "MaxPool"
  },
  Case("no activation", "expected an activation (Relu)") { $0.graph.node[$0.place("Relu")].opType = "Identity" },
  Case("images of other channels", "expected 2 channels in the graph's input, found 3") {
    $0.graph.input[0].type.tensorType.shape.dim[1].dimValue = 3
  },
  Case("constants that are made from themselves", "takes too long to compute") {
    $0.graph.initializer.remove(at: $0.place(initializer: "classifier.bias"))
    $0.graph.node.append(node("Reshape", ["classifier.bias", "classifier.bias"], "classifier.bias"))
  },
  Case("constants that grow", "expected a bias of 3 numbers as input 2, found \"grown59\"") { model in
    var value = "seed"
    model.graph.initializer.append(tensor(value, [1]))
    for step in 0..<60 {
      model.graph.node.append(node("Concat", [value, value], "grown\(step)"))
      value = "grown\(step)"
    }
    let gemm = model.place("Gemm")
    model.graph.node[gemm].input[2] = value
  },
]

@Suite struct MalformedONNXTests {
  @Test(arguments: cases) fileprivate func whatIsWrongIsSaid(_ item: Case) throws {
    let data = try model(item.edit)
    let found = failure { _ = try weights(data) }
    #expect(found?.kind == .invalidData)
    #expect(found?.description.hasPrefix("m.onnx: ") == true)
    #expect(found?.description.contains(item.says) == true, "\(found?.description ?? "no failure")")
    #expect(found?.description.contains("\n") == false)
  }

  /// Such a constant has no elements, and its other extents overflow.
  @Test func anEmptyConstantOfHugeExtentsIsNotMade() {
    let one = TensorValue.floating(Tensor(shape: [1], values: [1]))
    #expect(one.broadcast([0, 1 << 40, 1 << 40]) == nil && one.broadcast([1 << 40, 1 << 40, 0]) == nil)
    #expect(one.broadcast([0, 4])?.count == 0 && one.broadcast([2, 3])?.count == 6)
  }

  @Test func everyPrefixIsRefused() throws {
    let data = try model()
    for count in stride(from: 0, to: data.count, by: 7) {
      #expect(failure { _ = try weights(data.prefix(count)) }?.kind == .invalidData, "\(count)")
    }
  }

  @Test func filesOfEmptyMessagesAreRefusedBeforeTheyFillTheMemory() throws {
    // A graph of two million nodes, each of two bytes.
    var graph = Data()
    for _ in 0..<(2 << 20) { graph.append(contentsOf: [0x0a, 0x00]) }
    var proto = Data([0x08, 0x08, 0x3a])
    var length = graph.count
    while length >= 0x80 {
      proto.append(UInt8(length & 0x7f | 0x80))
      length >>= 7
    }
    proto.append(UInt8(length))
    let data = proto + graph
    #expect(failure { _ = try weights(data) }?.description.contains("expected at most 1048576 nodes") == true)
  }

  @Test func oneTensorForManyNodesDoesNotGrowWithoutEnd() throws {
    var deep = tiny
    deep.blockLayers = [40]
    let data = try model(of: deep) { model in
      var large = ONNXTensorProto()
      (large.name, large.dataType, large.dims, large.rawData) = ("large", 1, [512, 512, 1, 1], Data(count: 4 << 18))
      model.graph.initializer.append(large)
      for place in model.graph.node.indices where model.graph.node[place].name.hasSuffix(".conv1") {
        model.graph.node[place].input[1] = "large"
      }
    }
    let found = failure { _ = try weights(data) }?.description
    #expect(found?.contains("many times as many numbers as the file holds") == true, "\(found ?? "")")
  }

  @Test func longChainsOfIdentityAreFollowedOnce() throws {
    let data = try model { model in
      let place = model.graph.node.lastIndex { $0.opType == "Concat" }!
      let value = model.graph.node[place].input[0]
      model.graph.node += (0..<100_000).map {
        node("Identity", [$0 == 0 ? value : "copy\($0 - 1)"], "copy\($0)")
      }
      model.graph.node[place].input[0] = "copy99999"
    }
    #expect(try weights(data).tensors == WeightsFile(stateOf: randomNetwork(tiny)).tensors)
  }

  /// Whatever the bytes are, they are read or refused.
  @Test func mutationsAreReadOrRefused() async throws {
    try await mutants(100_000, of: Array(try model { $0.metadataProps = [] }), read: 1000)
  }

  /// With constants that nodes compute.
  @Test func mutationsOfPyTorchsExportAreReadOrRefused() async throws {
    let file = fixtures.deletingLastPathComponent().appendingPathComponent("onnx/table1-dynamo-plain.onnx")
    try await mutants(8000, of: Array(try Data(contentsOf: file)), read: 500)
  }

  /// Reads so many mutants, of which more than `least` must be sound enough.
  private func mutants(_ count: Int, of original: [UInt8], read least: Int) async throws {
    let sound = Mutex(0)
    try await inParallel(4) { chunk in
      var generator = SplitMix(state: 2016 + UInt64(chunk))
      var read = 0
      for _ in 0..<count / 4 {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &generator) { Self.mutate(&bytes, &generator) }
        do {
          _ = try weights(Data(bytes))
          read += 1
        } catch let problem as Failure {
          #expect(problem.kind == .invalidData, "\(problem)")
        }
      }
      sound.withLock { $0 += read }
    }
    #expect(sound.withLock { $0 } > least)
  }

  private static func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix) {
    guard bytes.count > 8 else { return }
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let run = min(Int.random(in: 1...16, using: &generator), bytes.count - place)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 2: bytes.removeSubrange(place..<place + run)
    case 3: bytes.insert(contentsOf: bytes[place..<place + run], at: Int.random(in: 0...bytes.count, using: &generator))
    case 4: bytes[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &generator)!
    default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &generator))
    }
  }
}
