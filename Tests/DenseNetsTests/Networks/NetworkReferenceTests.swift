import Testing

@testable import DenseNets

/// Whole networks against PyTorch's float64: logits, losses, every gradient by name, running statistics, weights.
@Suite struct NetworkReferenceTests {
  func network(_ fixture: Fixture) throws -> DenseNet {
    try fixture.network(
      DenseNet.Configuration(
        inputChannels: try fixture.integer("in_channels"), numClasses: try fixture.integer("classes"),
        initialFeatures: try fixture.integer("stem"), growthRate: try fixture.integer("growth"),
        blockLayers: try fixture.integers("blocks")))
  }

  @Test(arguments: Path.fp32, ["network_small_1channel", "network_small_3channel"])
  func smallNetwork(_ path: Path, _ name: String) throws {
    let fixture = try Fixture(name)
    try on(path) {
      let net = try network(fixture)
      let x = try fixture.tensor("input")
      let labels = try fixture.labels()
      expectClose(net(x), try fixture.tensor("eval_logits"), 2e-5, "eval logits")
      let logits = net.forward(x, mode: .training)
      expectClose(logits, try fixture.tensor("logits"), 2e-5, "logits")
      let (loss, gradient) = CrossEntropyLoss().lossAndGradient(logits, labels)
      #expect(abs(loss.loss - Double(try fixture.tensor("loss").values[0])) < 1e-5)
      _ = net.backward(gradient, needsInputGradient: false)
      try fixture.checkGradients(net, tolerance: 2e-4)
      for (name, parameter) in net.namedState where fixture.has("buffer_after.\(name)") {
        expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), 2e-5, "\(name) after")
      }
    }
  }

  @Test(
    arguments: ["network_small_1channel", "network_small_3channel"],
    [("plain", 0.0, 0.0, false), ("momentum", 0.9, 1e-4, false), ("nesterov", 0.9, 1e-4, true)])
  func threeSteps(_ name: String, _ options: (variant: String, momentum: Double, weightDecay: Double, nesterov: Bool))
    throws
  {
    let fixture = try Fixture(name)
    let net = try network(fixture)
    let optimizer = SGD(
      net, learningRate: 0.1, momentum: options.momentum, weightDecay: options.weightDecay, nesterov: options.nesterov)
    let x = try fixture.tensor("input")
    let labels = try fixture.labels()
    let losses = try fixture.tensor("\(options.variant).losses").values
    for step in 0..<3 {
      let (loss, gradient) = CrossEntropyLoss().lossAndGradient(net.forward(x, mode: .training), labels)
      #expect(abs(loss.loss - Double(losses[step])) < 1e-4, "loss of step \(step + 1)")
      _ = net.backward(gradient, needsInputGradient: false)
      optimizer.step()
      if step == 0 && options.variant == "plain" {
        for (name, parameter) in net.namedParameters {
          expectClose(
            parameter.value, try fixture.tensor("plain.parameter_after_1.\(name)"), 2e-5, "\(name) after a step")
        }
      }
    }
    for (name, parameter) in net.namedParameters {
      expectClose(
        parameter.value, try fixture.tensor("\(options.variant).parameter_after_3.\(name)"), 1e-4,
        "\(name) after 3 steps")
    }
    for (name, parameter) in net.namedState where fixture.has("\(options.variant).buffer_after_3.\(name)") {
      expectClose(
        parameter.value, try fixture.tensor("\(options.variant).buffer_after_3.\(name)"), 1e-4, "\(name) after 3 steps")
    }
    expectClose(net(x), try fixture.tensor("\(options.variant).eval_logits_after_3"), 1e-3, "eval logits after 3 steps")
  }

  /// What decides the error are values that rounding moves across ReLU's kinks: a single one of them changes all
  /// gradients before it by some 1e-3, and whether there is one is chance. Winograd's rounding is ten times as large.
  @Test(arguments: Path.fp32)
  func chapterNetwork(_ path: Path) throws {
    let fixture = try Fixture("network_chapter")
    let isDirect = path.convolution == .direct
    try on(path) {
      let net = try network(fixture)
      let x = try fixture.tensor("input")
      let labels = try fixture.labels()
      let optimizer = SGD(net, learningRate: 0.1)
      let losses = try fixture.tensor("losses").values
      for step in 0..<2 {
        let logits = net.forward(x, mode: .training)
        let (loss, gradient) = CrossEntropyLoss().lossAndGradient(logits, labels)
        let tolerance = [1e-5, 2e-3][step]
        #expect(abs(loss.loss - Double(losses[step])) < tolerance, "loss of step \(step + 1)")
        _ = net.backward(gradient, needsInputGradient: false)
        if step == 0 {
          expectClose(logits, try fixture.tensor("logits"), 2e-5, "logits")
          for (name, parameter) in net.namedState where fixture.has("buffer_after.\(name)") {
            expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), 2e-5, "\(name) after")
          }
          // Stored in half precision: 5e-4 of each element.
          try fixture.checkGradients(net, tolerance: isDirect ? 2e-2 : 5e-2)
          #expect(try fixture.gradientError(net) < (isDirect ? 5e-3 : 2e-2))
        }
        optimizer.step()
        if step == 0 {
          expectClose(
            net(x), try fixture.tensor("eval_logits_after_1"), 1e-2, "eval logits after a step")
        }
      }
    }
  }

  /// One step in bf16 is no farther from float64 than PyTorch's own bf16, whose gradient is 0.304 off on this case of
  /// random pixels (0.39 in the worst tensor, and 3.6 in the stem's gamma, which batch norm nearly cancels).
  @Test(arguments: Path.bf16)
  func chapterNetworkInHalfPrecision(_ path: Path) throws {
    let fixture = try Fixture("network_chapter")
    try on(path) {
      let net = try network(fixture)
      let (loss, gradient) = CrossEntropyLoss().lossAndGradient(
        net.forward(try fixture.tensor("input"), mode: .training), try fixture.labels())
      #expect(abs(loss.loss - Double(try fixture.tensor("losses").values[0])) < 2e-2)
      _ = net.backward(gradient, needsInputGradient: false)
      let whole = try fixture.gradientError(net)
      #expect(whole < 0.304, "gradient: \(whole)")
      let zeros = Set(try fixture.setting("zero_gradients").split(separator: ",").map(String.init) + ["0.1.weight"])
      for (name, parameter) in net.namedParameters where !zeros.contains(name) {
        let error = relativeError(parameter.gradient, try fixture.tensor("gradient.\(name)"))
        #expect(error < 0.5, "gradient of \(name): \(error)")
      }
      for (name, parameter) in net.namedState where fixture.has("buffer_after.\(name)") {
        // Rounded twice, as an operand and where it is stored, a value is up to 2 · 2⁻⁹ off.
        expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), 4e-3, "\(name) after")
      }
    }
  }

  @Test func parameterCount() { #expect(DenseNet(.d2l).parameterCount == 758_226) }
}
