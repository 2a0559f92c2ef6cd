import Testing

@testable import DenseNets

@Suite struct MemoryTests {
  static func overlap(_ a: ArenaPlan.Part, _ b: ArenaPlan.Part) -> Bool {
    a.start < b.start + b.bytes && b.start < a.start + a.bytes
  }

  /// Parts that are needed together never share memory.
  @Test func partsKeepApart() {
    var generator = RandomSource(seed: 7)
    for _ in 0..<200 {
      let plan = ArenaPlan(
        (0..<12).map { index in
          let first = Int.random(in: 0..<20, using: &generator)
          let last = first + Int.random(in: 0..<8, using: &generator)
          return ArenaPlan.Part(
            "\(index)", bytes: Int.random(in: 0..<5000, using: &generator), times: first...last)
        })
      for (i, part) in plan.parts.enumerated() {
        #expect(part.start % 64 == 0 && part.start + part.bytes <= plan.bytes)
        for other in plan.parts[(i + 1)...] where other.times.overlaps(part.times) {
          #expect(!Self.overlap(part, other), "\(part) and \(other)")
        }
      }
    }
  }

  @Test func partsShareWhatTheyCan() {
    let plan = ArenaPlan([
      .init("a", bytes: 640, times: 0...1), .init("b", bytes: 640, times: 2...3), .init("c", bytes: 64, times: 1...2),
    ])
    #expect(plan.bytes == 704)
  }

  /// In training the first block's gradient takes the place of the last blocks' maps; in inference maps take turns.
  @Test func stepsReuseMemory() throws {
    let device = try Device.cpu(threads: 1)
    let net = DenseNet(.d2l)
    let training = try net.stepMemory(inputShape: [32, 1, 96, 96], device: device)
    #expect(training.arena < training.parts.reduce(0) { $0 + $1.bytes })
    let inference = try net.stepMemory(inputShape: [32, 1, 96, 96], mode: .inference, device: device)
    #expect(inference.arena < training.arena / 2 + 1 << 20)
    let half = try net.stepMemory(
      inputShape: [32, 1, 96, 96], device: Device.cpu(threads: 1, precision: .bf16))
    #expect(half.arena < training.arena * 11 / 20)
    net.memoryEfficient = true
    #expect(try net.stepMemory(inputShape: [32, 1, 96, 96], device: device).arena < training.arena)
    #expect(throws: Failure.self) { try net.stepMemory(inputShape: [32, 1, 8, 8], device: device) }
  }

  /// A max pool keeps a byte of each of its values, and what it read, or that map's gradient, for a moment only.
  @Test func maxPoolsKeepWinnersAlone() throws {
    let device = try Device.cpu(threads: 1)
    let averages = try DenseNet(.d2l).stepMemory(inputShape: [32, 1, 96, 96], device: device)
    let net = DenseNet(DenseNet.Configuration(transitionPool: .max))
    let step = try net.stepMemory(inputShape: [32, 1, 96, 96], device: device)
    let winners = step.parts.filter { $0.name.hasSuffix("winners") && $0.name.hasPrefix("transition") }
    #expect(winners.map(\.bytes) == [96 * 12 * 12, 112 * 6 * 6, 128 * 3 * 3].map { $0 * 32 })
    let largest = 4 * 32 * 96 * 24 * 24
    #expect(step.arena <= averages.arena + winners.reduce(largest) { $0 + $1.bytes })
  }

  /// A network's blocks share its memory while it runs, and have their own when they run alone.
  @Test func blocksAloneKeepApart() {
    let net = DenseNet(KernelTests.odd)
    let fresh = DenseNet(KernelTests.odd)
    for (a, b) in zip(net.namedParameters, fresh.namedParameters) { b.parameter.value = a.parameter.value }
    func first(_ net: DenseNet, disturb: Bool) -> Tensor {
      if disturb { _ = net(.uniform([4, 3, 64, 64], seed: 1)) }
      let y = net.blocks[0].forward(.uniform([2, 24, 8, 8], seed: 2), mode: .training)
      if disturb {
        for block in net.blocks[1...] {
          _ = block.forward(.uniform([2, block.inputChannels, 8, 8], seed: 3), mode: .training)
        }
      }
      return net.blocks[0].backward(.uniform(y.shape, seed: 4))
    }
    #expect(first(net, disturb: true) == first(fresh, disturb: false))
  }

  /// Everything that a profile lists, it saw; and no profile costs nothing.
  @Test func profilesNameLayers() {
    let net = DenseNet(KernelTests.odd)
    let x = Tensor.uniform([2, 3, 40, 40], seed: 1)
    let profiler = Profiler()
    Profiler.$current.withValue(profiler) {
      let (_, gradient) = CrossEntropyLoss().lossAndGradient(net.forward(x, mode: .training), [0, 1])
      _ = net.backward(gradient, needsInputGradient: false)
    }
    let entries = profiler.entries
    #expect(entries.first?.layer == "stem")
    #expect(Set(entries.map(\.kernel)).isSuperset(of: ["window moments", "forward", "backward", "pack weights"]))
    #expect(Set(entries.map(\.layer)).isSuperset(of: ["1.net.0.2", "1.net.2.2", "2.2", "5.net.1.2", "10"]))
    #expect(entries.allSatisfy { $0.seconds >= 0 && $0.calls > 0 })
    profiler.reset()
    _ = net(x)
    #expect(profiler.entries.isEmpty)
  }
}
