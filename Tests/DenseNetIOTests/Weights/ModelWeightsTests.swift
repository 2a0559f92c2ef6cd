import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct ModelWeightsTests {
  /// A convolution of `channels`, a batch norm, and a classifier.
  private func network(channels: Int = 3, classes: Int = 5, seed: UInt64 = 1) -> Sequential {
    let net = Sequential(
      Conv2d(channels, 4, kernelSize: 3), BatchNorm2d(4), ReLU(), GlobalAvgPool2d(), Flatten(), Linear(4, classes))
    net.initialize(.pytorch, seed: seed)
    return net
  }

  private func state(_ model: any Layer) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: model.namedState.map { ($0.name, $0.parameter.value) })
  }

  @Test func whatFitsIsTakenAsItIs() throws {
    let (from, to) = (network(), network(seed: 2))
    let notes = try WeightsFile(stateOf: from).load(
      into: to, classes: .reinitialized(seed: 7), inputChannels: .adapted)
    #expect(notes == LoadReport() && notes.lines.isEmpty)
    #expect(state(to) == state(from))
  }

  @Test func aClassifierForOtherClassesIsMadeAnew() throws {
    let file = WeightsFile(stateOf: network())
    let to = network(classes: 7, seed: 2)
    let before = state(to)
    let refused = failure { try file.load(into: to) }
    #expect(refused?.description.contains("misshapen 2 (5.weight: expected [7, 4], found [5, 4]") == true)
    #expect(state(to) == before)

    let notes = try file.load(into: to, classes: .reinitialized(seed: 7))
    #expect(notes.classes == LoadReport.Change(file: 5, model: 7) && notes.inputChannels == nil)
    #expect(notes.lines == ["the classifier for 7 classes is new and untrained: that of the weights is for 5"])
    let fresh = Linear(4, 7)
    fresh.initialize(.pytorch, seed: 7)
    let after = state(to)
    #expect(after["5.weight"] == fresh.weight.value && after["5.bias"] == fresh.bias?.value)
    #expect(after["0.weight"] == file["0.weight"]?.tensor && after["1.running_var"] == file["1.running_var"]?.tensor)
  }

  @Test func aMissingClassifierIsMadeAnew() throws {
    var file = WeightsFile(stateOf: network())
    file.tensors.removeAll { $0.name.hasPrefix("5.") }
    let notes = try file.load(into: network(classes: 7), classes: .reinitialized(seed: 7))
    #expect(notes.classes == LoadReport.Change(file: nil, model: 7))
    #expect(notes.lines == ["the classifier for 7 classes is new and untrained: the weights have none"])
    #expect(failure { try file.load(into: network()) }?.description.contains("missing 2 (5.weight, 5.bias)") == true)
  }

  @Test func otherFeaturesAreAnotherNetwork() throws {
    var file = WeightsFile(stateOf: network())
    let place = try #require(file.tensors.firstIndex { $0.name == "5.weight" })
    file.tensors[place].value = .floating(.zeros([7, 9]))
    let thrown = failure { try file.load(into: network(), classes: .reinitialized(seed: 0)) }
    #expect(thrown?.description.contains("5.weight: expected [5, 4], found [7, 9]") == true)
  }

  @Test(arguments: [(3, 1), (1, 3), (3, 2), (3, 7), (2, 1), (4, 3)])
  func theFirstConvolutionIsAdapted(from: Int, to: Int) throws {
    let file = WeightsFile(stateOf: network(channels: from))
    let net = network(channels: to, seed: 2)
    #expect(failure { try file.load(into: net) }?.description.contains("misshapen 1 (0.weight") == true)
    let notes = try file.load(into: net, inputChannels: .adapted)
    #expect(notes.inputChannels == LoadReport.Change(file: from, model: to) && notes.classes == nil)
    #expect(notes.lines == ["the first convolution was adapted from \(from) to \(to) input channels"])
    let weight = try #require(file["0.weight"]?.tensor)
    let adapted = try #require(state(net)["0.weight"])
    for o in 0..<4 {
      for (y, x) in [(0, 0), (1, 2), (2, 1)] {
        if to == 1 {
          let sum = (0..<from).reduce(Float(0)) { $0 + weight[o, $1, y, x] }
          #expect(adapted[o, 0, y, x] == sum)
        } else {
          for i in 0..<to { #expect(adapted[o, i, y, x] == weight[o, i % from, y, x] * (Float(from) / Float(to))) }
        }
      }
    }
  }

  @Test(arguments: [-1, Int64.max]) func aCounterMustBeACount(value: Int64) throws {
    var file = WeightsFile(stateOf: network())
    let place = try #require(file.tensors.firstIndex { $0.name == "1.num_batches_tracked" })
    file.tensors[place].value = .scalar(value)
    let thrown = failure { try file.load(into: network()) }
    #expect(thrown?.kind == .invalidData)
    #expect(thrown?.description.contains("1.num_batches_tracked holds \(value)") == true)
  }

  /// A network whose own names begin as those of wrappers do.
  private final class Wrapper: Layer {
    let net: Sequential
    init(_ net: Sequential) { self.net = net }
    var children: [(name: String, layer: any Layer)] { [("module.model", net)] }
    func forward(_ x: Tensor, mode: Mode) -> Tensor { net.forward(x, mode: mode) }
    func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? { nil }
    func outputShape(_ shape: [Int]) throws -> [Int] { try net.outputShape(shape) }
  }

  @Test func aModelMayHaveSuchPrefixesItself() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.pth")
      let (from, to) = (Wrapper(network()), Wrapper(network(seed: 2)))
      try WeightsFile(stateOf: from).write(to: url)
      let file = try WeightsFile(contentsOf: url)
      #expect(file["0.weight"] != nil && file.numClasses(of: to) == 5)
      try file.load(into: to)
      try WeightsFile(stateOf: from).load(into: to)
      #expect(state(to) == state(from))
    }
  }

  @Test func bothEndsAreFound() {
    let file = WeightsFile(stateOf: network(channels: 2, classes: 9))
    #expect(file.inputChannels(of: network()) == 2 && file.numClasses(of: network()) == 9)
    #expect(WeightsFile().inputChannels(of: network()) == nil && WeightsFile().numClasses(of: network()) == nil)
  }

  @Test(arguments: ["safetensors", "pth", "pt"]) func aModelAndItsCardComeBack(format: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.\(format)")
      let net = network()
      _ = net.forward(.randn([2, 3, 8, 8], seed: 1), mode: .training)
      var file = WeightsFile(stateOf: net, metadata: ["format": "pt", "other": "é\n\"\u{1f600}"])
      file.card = ModelCard(
        model: "mine", configuration: .densenet121, classNames: ["T-shirt/top", "\"é\\\u{7}"],
        preprocessing: .imageNet)
      file.tensors[0].value = .floating(file.tensors[0].value.tensor!.map { _ in Float(bitPattern: 0x7f80_0001) })
      try file.write(to: url)
      #expect(try contents(of: folder) == [url.lastPathComponent])
      let read = try WeightsFile(contentsOf: url)
      #expect(read.card == file.card && read.metadata == file.metadata)
      #expect(read.tensors.count == file.tensors.count)
      for tensor in file.tensors {
        let found = try #require(read[tensor.name])
        #expect(found.shape == tensor.value.shape && found.integers == tensor.value.integers)
        #expect(found.tensor?.values.map(\.bitPattern) == tensor.value.tensor?.values.map(\.bitPattern))
      }
      let first = try Data(contentsOf: url)
      try read.write(to: url)
      // A safetensors file is in an order of its own from the start.
      #expect(try Data(contentsOf: url) == first)
    }
  }

  @Test func theExtensionPicksTheFormat() throws {
    try withTemporaryFolder { folder in
      for name in ["x", "x.bin", "x.onnx"] {
        let thrown = failure { try WeightsFile().write(to: folder.appendingPathComponent(name)) }
        #expect(thrown?.kind == .usage && thrown?.description.contains(".safetensors, .pth or .pt") == true)
      }
      let twice = WeightsFile(tensors: [
        NamedTensor(name: "a", value: .scalar(1)), NamedTensor(name: "a", value: .scalar(2)),
      ])
      let reserved = WeightsFile(tensors: [NamedTensor(name: "__metadata__", value: .scalar(1))])
      for format in ["safetensors", "pth"] {
        let url = folder.appendingPathComponent("w.\(format)")
        #expect(failure { try twice.write(to: url) }?.kind == .invalidData)
        #expect(failure { try reserved.write(to: url) }?.kind == (format == "pth" ? nil : .invalidData))
      }
    }
  }

  @Test func namesThatBecomeOneAreRefused() throws {
    let old = "features.denseblock1.denselayer1.norm.1.weight"
    let file = WeightsFile(
      tensors: [old, "features.denseblock1.denselayer1.norm1.weight"].map { NamedTensor(name: $0, value: .scalar(1)) })
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.safetensors")
      try file.write(to: url)
      let thrown = failure { _ = try WeightsFile(contentsOf: url) }
      #expect(thrown?.kind == .invalidData && thrown?.description.contains("two tensors would be called") == true)
    }
  }
}
