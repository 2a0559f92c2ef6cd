import Foundation
import Testing

@testable import DenseNets

/// Each layer against PyTorch's float64, forward and backward, on every instruction set.
@Suite struct LayerReferenceTests {
  /// fp32 sums of up to some thousand products.
  let tolerance = 2e-5

  /// Loads parameters and running statistics, runs one training step and compares all that comes out.
  /// - Parameter weights: the tolerance of parameters' gradients, where another.
  func check(_ fixture: Fixture, _ layer: any Layer, tolerance: Double, weights: Double? = nil) throws {
    for (name, parameter) in layer.namedParameters { parameter.value = try fixture.tensor("parameter.\(name)") }
    for (name, parameter) in layer.namedState where fixture.has("buffer.\(name)") {
      parameter.value = try fixture.tensor("buffer.\(name)")
    }
    let x = try fixture.tensor("input")
    if fixture.has("eval_output") {
      expectClose(layer.forward(x, mode: .inference), try fixture.tensor("eval_output"), tolerance, "eval output")
    }
    expectClose(layer.forward(x, mode: .training), try fixture.tensor("output"), tolerance, "output")
    let inputGradient = layer.backward(try fixture.tensor("output_gradient"))
    expectClose(inputGradient, try fixture.tensor("input_gradient"), tolerance, "input gradient")
    let names = fixture.names("gradient.")
    #expect(names == layer.namedParameters.map(\.name).sorted())
    for (name, parameter) in layer.namedParameters {
      let limit = parameter.value.rank == 4 ? weights ?? tolerance : tolerance
      expectClose(parameter.gradient, try fixture.tensor("gradient.\(name)"), limit, "gradient of \(name)")
    }
    #expect(layer.namedBatchNorms.isEmpty || !fixture.names("buffer_after.").isEmpty)
    for (name, parameter) in layer.namedState where fixture.has("buffer_after.\(name)") {
      expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), tolerance, "\(name) after")
    }
  }

  @Test(arguments: instructionSets, Fixture.names("conv2d_"))
  func conv2d(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let kernel = try fixture.integers("kernel")
    let layer = Conv2d(
      try fixture.integer("in_channels"), try fixture.integer("out_channels"),
      kernelSize: Extent(kernel[0], kernel.last!),
      stride: Extent(try fixture.integer("stride")), padding: Extent(try fixture.integer("padding")),
      bias: try fixture.setting("bias").lowercased() == "true")
    try on(isa) { try check(fixture, layer, tolerance: tolerance) }
  }

  @Test(arguments: instructionSets, Fixture.names("batchnorm2d_"))
  func batchNorm2d(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let channels = try fixture.integer("channels")
    let x = try fixture.tensor("input")
    // x·scale + shift cancels where a mean is many deviations from zero: an ulp of x, in deviations.
    let worst = (0..<channels).map { c -> Double in
      let values = x.sliced(c..<c + 1, axis: 1)
      let mean = values.mean()
      let variance = values.values.reduce(0) { $0 + pow(Double($1) - mean, 2) } / Double(values.count)
      return abs(mean) / (variance + 1e-5).squareRoot()
    }.max()!
    try on(isa) { try check(fixture, BatchNorm2d(channels), tolerance: max(tolerance, 2e-7 * worst)) }
  }

  @Test(arguments: instructionSets, Fixture.names("maxpool_") + Fixture.names("avgpool_"))
  func pool(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let (kernel, stride, padding) = (
      try fixture.integer("kernel"), try fixture.integer("stride"), try fixture.integer("padding")
    )
    let layer: any Layer =
      name.hasPrefix("max")
      ? MaxPool2d(kernel, stride: stride, padding: padding) : AvgPool2d(kernel, stride: stride, padding: padding)
    try on(isa) { try check(fixture, layer, tolerance: 1e-6) }
  }

  @Test(arguments: instructionSets, ["relu", "global_avgpool", "global_avgpool_3x3"])
  func parameterless(_ isa: InstructionSet, _ name: String) throws {
    let layer: any Layer = name == "relu" ? ReLU() : GlobalAvgPool2d()
    try on(isa) { try check(Fixture(name), layer, tolerance: 1e-6) }
  }

  @Test(arguments: instructionSets, Fixture.names("linear_"))
  func linear(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let shape = try fixture.tensor("parameter.weight").shape
    try on(isa) { try check(fixture, Linear(shape[1], shape[0]), tolerance: tolerance) }
  }

  @Test(arguments: Path.fp32, Fixture.names("dense_block_"))
  func denseBlock(_ path: Path, _ name: String) throws {
    let fixture = try Fixture(name)
    let layer = DenseBlock(
      layers: try fixture.integer("layers"), inputChannels: try fixture.integer("in_channels"),
      growthRate: try fixture.integer("growth"))
    // The weight gradients of the larger cases are stored in half precision.
    try on(path) { try check(fixture, layer, tolerance: 5e-5, weights: 5e-4) }
  }

  @Test(arguments: instructionSets, Fixture.names("transition_"))
  func transition(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let layer = Transition(
      inputChannels: try fixture.integer("in_channels"), outputChannels: try fixture.integer("out_channels"))
    try on(isa) { try check(fixture, layer, tolerance: tolerance) }
  }

  @Test(arguments: Fixture.names("softmax_cross_entropy_"))
  func crossEntropy(_ name: String) throws {
    let fixture = try Fixture(name)
    let (result, gradient) = CrossEntropyLoss().lossAndGradient(try fixture.tensor("input"), try fixture.labels())
    let expected = Double(try fixture.tensor("loss").values[0])
    #expect(abs(result.loss - expected) <= 1e-6 * max(1, expected))
    expectClose(gradient, try fixture.tensor("input_gradient"), 1e-6, "input gradient")
  }

  @Test(arguments: instructionSets, Fixture.names("dense_mlp_"))
  func denseMLP(_ isa: InstructionSet, _ name: String) throws {
    let fixture = try Fixture(name)
    let layer = DenseMLP(
      DenseMLP.Configuration(
        inputFeatures: try fixture.integer("in_features"), outputFeatures: try fixture.integer("out_features"),
        growthRate: try fixture.integer("growth"), layers: try fixture.integer("layers")))
    try on(isa) { try check(fixture, layer, tolerance: tolerance) }
  }

  @Test(arguments: Fixture.names("mse_"))
  func meanSquaredError(_ name: String) throws {
    let fixture = try Fixture(name)
    let (loss, gradient) = MSELoss().lossAndGradient(try fixture.tensor("input"), try fixture.tensor("target"))
    let expected = Double(try fixture.tensor("loss").values[0])
    #expect(abs(loss - expected) <= 1e-6 * expected)
    expectClose(gradient, try fixture.tensor("input_gradient"), 1e-6, "input gradient")
  }
}
