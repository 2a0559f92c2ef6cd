import Foundation
import Testing

@testable import DenseNets

/// The numbers of the documentation's worked examples: each is computed here by plain loops in double precision, without
/// ε, and compared with the article's tables, whose every row must be one of them. Then the library must find them too.
@Suite struct WorkedExampleTests {
  /// What ε = 1e-5 and fp32 change in examples whose numbers are below 20 and whose variances are 1 and more.
  static let tolerance = 2e-4

  @Test func fusedBlock() throws {
    let example = FusedBlockExample()
    let article = try Article("TheFusedBlock")
    article.expect(example.rows)

    let block = example.block()
    let output = block.forward(Tensor(shape: [1, 1, 2, 3], values: example.x0.map(Float.init)), mode: .training)
    let found = (0..<3).map { output.sliced($0..<$0 + 1, axis: 1) }
    for (channel, name) in ["x0", "x1", "x2"].enumerated() { try article.expect(name, found[channel]) }

    let above = Tensor(shape: [1, 3, 2, 3], values: (example.g0 + example.g1 + example.g2).map(Float.init))
    try article.expect("G0", try #require(block.backward(above, needsInputGradient: true)))
    try article.expect(
      "channel 0", Tensor(shape: [2], values: [block.map.deferredShift[0], block.map.deferredSlope[0]]))
    let parameters = Dictionary(
      uniqueKeysWithValues: block.namedParameters.map { ($0.name, $0.parameter.gradient.values.map(Double.init)) })
    func gradient(_ name: String) throws -> [Double] { try #require(parameters[name], "no parameter \(name)") }
    for (layer, channels) in [(0, 1), (1, 2)] {
      let norm = (try gradient("net.\(layer).0.bias"), try gradient("net.\(layer).0.weight"))
      for channel in 0..<channels {
        let row = try article.row("layer \(layer + 1), channel \(channel)")
        article.expect(row.prefix(2), [norm.0[channel], norm.1[channel]], "dβ and dγ of layer \(layer + 1)")
      }
      let taps = try gradient("net.\(layer).2.weight")
      let middle = (0..<channels).map { taps[9 * $0 + 4] }
      article.expect(
        try article.row("filter \(layer + 1)"), try middle + gradient("net.\(layer).2.bias"), "filter \(layer + 1)")
    }
  }

  @Test func transition() throws {
    let article = try Article("TheFusedBlock")
    let transition = Transition(inputChannels: 1, outputChannels: 1)
    transition.convolution.weight.value = Tensor(shape: [1, 1, 1, 1], values: [2])
    transition.convolution.bias?.value = Tensor(shape: [1], values: [1])
    let a = try article.row("a").map(Float.init)
    try article.expect("2·mean(a) + 1", transition.forward(Tensor(shape: [1, 1, 2, 2], values: a), mode: .inference))
  }

  @Test func stem() throws {
    let example = StemExample()
    let article = try Article("TheStem")
    article.expect(example.rows)
    let x = Tensor(shape: [1, 1, 2, 7], values: example.input.joined().map(Float.init))
    let gradient = Tensor(shape: [1, 1, 1, 3], values: example.gradient.map(Float.init))

    // By the layers one after another, and by the stem, which never stores the convolution's output.
    let plain = example.layers()
    let layers = Sequential(plain.convolution, plain.norm, ReLU(), plain.pool)
    try article.expect("pooled", layers.forward(x, mode: .training))
    _ = layers.backward(gradient, needsInputGradient: false)
    try expectGradients(article, plain)

    let parts = example.layers()
    try article.expect("pooled", throughStem(parts, x, gradient))
    try expectGradients(article, parts)
    let running = try [article.row("w·m + 1")[0] * 0.1, 0.9 + 0.1 * article.row("w·C·w")[0] * 12 / 11]
    article.expect(
      running[...], [parts.norm.runningMean, parts.norm.runningVariance].map { Double($0.value.item) }, "statistics")
  }

  /// Forward and backward through the stem. -> the pooled values, `[1, 1, 1, 3]`
  private func throughStem(_ parts: StemExample.Layers, _ x: Tensor, _ gradient: Tensor) throws -> Tensor {
    let stem = ImageNetStem(convolution: parts.convolution, norm: parts.norm, pool: parts.pool)
    let device = Device.current
    let target = FeatureMap(ChannelLayout(slices: [1]))
    target.resize(images: 1, height: 1, width: 3, gradients: true)
    let memory = stem.memory(
      inputShape: x.shape, outStride: target.stride, training: true, memoryEfficient: false, device: device)
    let kept = Bytes(Buffer(try #require(memory.kept).bytes))
    stem.forward(x, to: target, kept: kept, mode: .training, device: device)
    target.clearDeferred()
    target.loadGradient(gradient, device: device)
    _ = stem.backward(from: target, kept: kept, needsInputGradient: false, device: device)
    return target.tensor(slice: 0, device: device)
  }

  private func expectGradients(_ article: Article, _ parts: StemExample.Layers) throws {
    try article.expect("dw", parts.convolution.weight.gradient)
    try article.expect("db", try #require(parts.convolution.bias).gradient)
    try article.expect("dγ", parts.norm.weight.gradient)
    try article.expect("dβ", parts.norm.bias.gradient)
  }
}

/// The tables of an article's worked example: rows of numbers by their labels.
private struct Article {
  let name: String
  private let rows: [String: [Double]]

  init(_ name: String) throws {
    self.name = name
    let package = try #require(
      sequence(first: URL(fileURLWithPath: #filePath)) { $0.path == "/" ? nil : $0.deletingLastPathComponent() }
        .first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("Package.swift").path) })
    let text = try String(
      contentsOf: package.appendingPathComponent("Sources/DenseNets/DenseNets.docc/\(name).md"), encoding: .utf8)
    let example = try #require(text.components(separatedBy: "\n## A worked example\n").dropFirst().first)
    var rows: [String: [Double]] = [:]
    for line in example.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let label = cells[0].replacingOccurrences(of: "`", with: "")
      #expect(rows[label] == nil, "\(name): two rows are called \(label)")
      rows[label] = try cells.dropFirst().filter { !$0.isEmpty }.map {
        try #require(Double($0), "\(name), row \(label): \($0) is not a number")
      }
    }
    self.rows = rows
  }

  func row(_ label: String) throws -> [Double] { try #require(rows[label], "\(name) has no row \(label)") }

  /// The article's rows are these, exactly.
  func expect(_ computed: [String: [Double]]) {
    #expect(Set(rows.keys) == Set(computed.keys), "\(name): its rows are not those that are computed")
    for (label, values) in computed {
      guard let printed = rows[label] else { continue }
      expect(printed[...], values, label, tolerance: 1e-9)
    }
  }

  func expect(_ label: String, _ found: Tensor) throws {
    expect(try row(label)[...], found.values.map(Double.init), label)
  }

  func expect(_ printed: [Double], _ values: [Double], _ label: String) { expect(printed[...], values, label) }

  func expect(
    _ printed: ArraySlice<Double>, _ values: [Double], _ label: String,
    tolerance: Double = WorkedExampleTests.tolerance
  ) {
    let agree = printed.count == values.count && zip(printed, values).allSatisfy { abs($0 - $1) <= tolerance }
    #expect(agree, "\(name), \(label): the article has \(Array(printed)), computed \(values)")
  }
}
