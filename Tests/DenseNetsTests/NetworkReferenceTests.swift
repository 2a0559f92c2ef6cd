import Testing

@testable import DenseNets

/// Whole networks against PyTorch's float64: logits, losses, every gradient by name, running statistics, weights.
@Suite struct NetworkReferenceTests {
  func network(_ fixture: Fixture) throws -> DenseNet {
    let net = DenseNet(
      DenseNet.Configuration(
        inputChannels: try fixture.integer("in_channels"), numClasses: try fixture.integer("classes"),
        initialFeatures: try fixture.integer("stem"), growthRate: try fixture.integer("growth"),
        blockLayers: try fixture.integers("blocks")))
    for (name, parameter) in net.namedParameters { parameter.value = try fixture.tensor("parameter.\(name)") }
    for (name, parameter) in net.namedState where fixture.has("buffer.\(name)") {
      parameter.value = try fixture.tensor("buffer.\(name)")
    }
    return net
  }

  /// Gradients by name; those that are zero in exact arithmetic are compared by value.
  func checkGradients(_ net: DenseNet, _ fixture: Fixture, tolerance: Double) throws {
    let zeros = Set(try fixture.setting("zero_gradients").split(separator: ",").map(String.init))
    #expect(fixture.names("gradient.") == net.namedParameters.map(\.name).sorted())
    for (name, parameter) in net.namedParameters {
      if zeros.contains(name) {
        let worst = parameter.gradient.values.reduce(0) { max($0, abs($1)) }
        #expect(worst < 1e-4, "gradient of \(name), zero in exact arithmetic: \(worst)")
      } else {
        // One value that rounding moves across ReLU's kink weighs more in an element than in the whole.
        expectClose(
          parameter.gradient, try fixture.tensor("gradient.\(name)"), tolerance, "gradient of \(name)",
          elementTolerance: 5 * tolerance)
      }
    }
  }

  @Test(arguments: Path.all, ["network_small_1channel", "network_small_3channel"])
  func smallNetwork(_ path: Path, _ name: String) throws {
    let fixture = try Fixture(name)
    try on(path) {
      let net = try network(fixture)
      let x = try fixture.tensor("input")
      let labels = try fixture.labels()
      expectClose(net(x), try fixture.tensor("eval_logits"), 2e-5, "eval logits")
      let logits = net.forward(x, mode: .training)
      expectClose(logits, try fixture.tensor("logits"), 2e-5, "logits")
      let loss = CrossEntropyLoss()(logits, labels)
      #expect(abs(loss.loss - Double(try fixture.tensor("loss").values[0])) < 1e-5)
      _ = net.backward(try #require(loss.gradient), needsInputGradient: false)
      try checkGradients(net, fixture, tolerance: 2e-4)
      for (name, parameter) in net.namedState where fixture.has("buffer_after.\(name)") {
        expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), 2e-5, "\(name) after")
      }
    }
  }

  @Test(
    arguments: ["network_small_1channel", "network_small_3channel"],
    [("plain", Float(0), Float(0), false), ("momentum", 0.9, 1e-4, false), ("nesterov", 0.9, 1e-4, true)])
  func threeSteps(_ name: String, _ options: (variant: String, momentum: Float, weightDecay: Float, nesterov: Bool))
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
      let loss = CrossEntropyLoss()(net.forward(x, mode: .training), labels)
      #expect(abs(loss.loss - Double(losses[step])) < 1e-4, "loss of step \(step + 1)")
      _ = net.backward(try #require(loss.gradient), needsInputGradient: false)
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

  @Test(arguments: Path.all)
  func chapterNetwork(_ path: Path) throws {
    let fixture = try Fixture("network_chapter")
    let slack = path.convolution == .direct ? 1.0 : 10.0
    try on(path) {
      let net = try network(fixture)
      let x = try fixture.tensor("input")
      let labels = try fixture.labels()
      let optimizer = SGD(net, learningRate: 0.1)
      let losses = try fixture.tensor("losses").values
      for step in 0..<3 {
        let logits = net.forward(x, mode: .training)
        let loss = CrossEntropyLoss()(logits, labels)
        // Errors grow with each step: by the third, PyTorch's own fp32 is 2.0e-3 off.
        #expect(abs(loss.loss - Double(losses[step])) < (step < 2 ? 2e-4 : 2e-3) * slack, "loss of step \(step + 1)")
        _ = net.backward(try #require(loss.gradient), needsInputGradient: false)
        if step == 0 {
          expectClose(logits, try fixture.tensor("logits"), 2e-5, "logits")
          for (name, parameter) in net.namedState where fixture.has("buffer_after.\(name)") {
            expectClose(parameter.value, try fixture.tensor("buffer_after.\(name)"), 2e-5, "\(name) after")
          }
          // Stored in half precision: 5e-4 of each element. Winograd's rounding moves more values across ReLU's kink.
          try checkGradients(net, fixture, tolerance: 2e-3 * slack)
        }
        optimizer.step()
        if step == 0 {
          expectClose(net(x), try fixture.tensor("eval_logits_after_1"), 1e-3 * slack, "eval logits after a step")
        }
      }
    }
  }

  @Test func parameterCount() { #expect(DenseNet(.d2l).parameterCount == 758_226) }
}
