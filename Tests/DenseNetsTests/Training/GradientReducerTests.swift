import Foundation
import Testing

@testable import DenseNets

/// Joins the gradients of replicas that train in threads of this process.
private final class Replicas: @unchecked Sendable {
  /// Everything below is read and written under its lock alone.
  private let condition = NSCondition()
  private let count: Int
  private var told: [[(parameters: [Parameter], weight: Double)]]
  private var waiting = 0
  private var round = 0

  init(_ count: Int) {
    self.count = count
    told = Array(repeating: [], count: count)
  }

  func ready(_ rank: Int, _ parameters: [Parameter], weight: Double) {
    condition.withLock { told[rank].append((parameters, weight)) }
  }

  func finish() throws {
    try condition.withLock {
      waiting += 1
      if waiting == count {
        join()
        (waiting, round) = (0, round + 1)
        condition.broadcast()
        return
      }
      let own = round
      while round == own {
        guard condition.wait(until: Date(timeIntervalSinceNow: 120)) else {
          throw Failure(.internalError, "another replica did not finish its update")
        }
      }
    }
  }

  private func join() {
    for part in told[0].indices {
      let total = told.reduce(0) { $0 + $1[part].weight }
      for index in told[0][part].parameters.indices {
        var sum = [Double](repeating: 0, count: told[0][part].parameters[index].count)
        for replica in told {
          let gradient = replica[part].parameters[index].gradient.storage
          for i in sum.indices { sum[i] += replica[part].weight * Double(gradient[i]) }
        }
        for replica in told { replica[part].parameters[index].gradient.storage = sum.map { Float($0 / total) } }
      }
    }
    told = told.map { _ in [] }
  }
}

private final class ReplicaReducer: GradientReducer {
  let replicas: Replicas
  let rank: Int

  init(_ replicas: Replicas, rank: Int) { (self.replicas, self.rank) = (replicas, rank) }

  func ready(_ parameters: [Parameter], weight: Double) { replicas.ready(rank, parameters, weight: weight) }
  func finish() throws { try replicas.finish() }
}

/// Writes down what it is told, and changes nothing.
private final class Recorder: GradientReducer {
  struct Part {
    let parameters: [Parameter]
    let gradients: [Tensor]
    let weight: Double
  }

  private(set) var updates: [[Part]] = [[]]
  var onReady: () throws -> Void = {}
  var onFinish: () throws -> Void = {}

  func ready(_ parameters: [Parameter], weight: Double) throws {
    try onReady()
    updates[updates.count - 1].append(
      Part(parameters: parameters, gradients: parameters.map(\.gradient), weight: weight))
  }

  func finish() throws {
    try onFinish()
    updates.append([])
  }
}

@Suite struct GradientReducerTests {
  private static let configuration: DenseNet.Configuration = {
    var configuration = FreezingTests.configurations[0]
    configuration.dropRate = 0
    return configuration
  }()

  private static let classWeights = [1, 2.5, 0.5, 3, 0.25]

  /// With frozen norms: a part's statistics are not the whole's.
  private static func network() -> DenseNet {
    let net = FreezingTests.network(configuration)
    net.freezeNorms()
    return net
  }

  private static let batch: LabeledBatch = {
    var generator = RandomSource(seed: 6)
    return LabeledBatch(
      images: .uniform([12, 2, 40, 40], in: -1..<1, using: &generator), labels: (0..<12).map { Int32($0 * $0 % 5) })
  }()

  private static func part(_ range: Range<Int>) -> LabeledBatch {
    LabeledBatch(images: batch.images.selected(Array(range)), labels: Array(batch.labels[range]))
  }

  /// One epoch, of one update where all batches are accumulated.
  private static func trained(
    _ batches: [LabeledBatch], accumulation: Int = 1, classWeights: [Double]? = nil,
    reducer: (any GradientReducer)? = nil
  ) throws -> [Tensor] {
    let net = network()
    let trainer = Trainer(
      model: net, optimizer: SGD(net, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3),
      loss: CrossEntropyLoss(classWeights: classWeights), reducer: reducer)
    let plan = TrainingPlan(epochs: 1, batchesPerEpoch: batches.count, accumulation: accumulation, clipNorm: 0.5)
    _ = try trainer.fit(plan, batches: { _, _ in batches }, test: { [part(0..<1)] })
    return net.namedParameters.map(\.parameter.value)
  }

  /// What each replica comes to.
  private static func trained(
    replicas parts: [[LabeledBatch]], accumulation: Int = 1, classWeights: [Double]? = nil
  ) throws -> [[Tensor]] {
    let replicas = Replicas(parts.count)
    let lock = NSLock()
    nonisolated(unsafe) var results = [Result<[Tensor], any Error>?](repeating: nil, count: parts.count)
    let group = DispatchGroup()
    for (rank, batches) in parts.enumerated() {
      group.enter()
      Thread {
        let result = Result {
          try trained(
            batches, accumulation: accumulation, classWeights: classWeights,
            reducer: ReplicaReducer(replicas, rank: rank))
        }
        lock.withLock { results[rank] = result }
        group.leave()
      }.start()
    }
    group.wait()
    return try results.map { try $0!.get() }
  }

  private func expectSameUpdate(
    _ found: [[Tensor]], _ expected: [Tensor], location: SourceLocation = #_sourceLocation
  ) {
    let start = Self.network().namedParameters.map(\.parameter.value)
    for replica in found {
      #expect(replica == found[0], sourceLocation: location)
      var (error, length) = (0.0, 0.0)
      for (index, tensor) in expected.enumerated() {
        for ((new, old), value) in zip(zip(replica[index].values, start[index].values), tensor.values) {
          #expect(abs(new - value) < 1e-6, sourceLocation: location)
          error += Double(new - value) * Double(new - value)
          length += Double(value - old) * Double(value - old)
        }
      }
      #expect(error.squareRoot() < 1e-5 * length.squareRoot(), sourceLocation: location)
    }
  }

  /// Uneven parts of a batch, and losses that weigh classes: each replica makes the update of the whole batch.
  @Test(arguments: [nil, classWeights])
  func replicasMakeTheUpdateOfTheWholeBatch(classWeights: [Double]?) throws {
    let whole = try Self.trained([Self.batch], classWeights: classWeights)
    for bounds in [[0, 6, 12], [0, 5, 12], [0, 1, 7, 12]] {
      let parts = zip(bounds, bounds.dropFirst()).map { [Self.part($0..<$1)] }
      expectSameUpdate(try Self.trained(replicas: parts, classWeights: classWeights), whole)
    }
  }

  /// The same where every replica accumulates its part over several batches, and where there is one replica.
  @Test(arguments: [nil, classWeights])
  func accumulatedPartsMakeTheUpdateOfTheWholeBatch(classWeights: [Double]?) throws {
    let whole = try Self.trained([Self.batch], classWeights: classWeights)
    let (first, second) = ([Self.part(0..<4), Self.part(4..<7)], [Self.part(7..<8), Self.part(8..<12)])
    expectSameUpdate(
      try Self.trained(replicas: [first, second], accumulation: 2, classWeights: classWeights), whole)
    expectSameUpdate([try Self.trained(first + second, accumulation: 4, classWeights: classWeights)], whole)
  }

  /// Every parameter that is trained, once per update, from the output to the input, when its gradient is complete.
  @Test(arguments: [nil, FrozenPart.blocks(1), .features], [1, 2])
  func partsAreToldInBackwardOrder(_ frozen: FrozenPart?, accumulation: Int) throws {
    let net = FreezingTests.network(Self.configuration)
    if let frozen { try net.freeze(frozen) }
    let recorder = Recorder()
    let stem = net.namedParameters[0].parameter
    var told = 0
    recorder.onReady = {
      told += 1
      // While the first part is told, the pass has not reached the stem.
      if told == 1 && accumulation == 1 { #expect(stem.gradient == .zeros(stem.shape)) }
    }
    recorder.onFinish = {
      for part in recorder.updates.last! { #expect(part.parameters.map(\.gradient) == part.gradients) }
    }
    let trained = net.trainableParameters
    let trainer = Trainer(
      model: net, optimizer: SGD(trained.map(\.parameter), learningRate: 0.01),
      loss: CrossEntropyLoss(classWeights: Self.classWeights), reducer: recorder)
    let batches = [Self.part(0..<3), Self.part(3..<8), Self.part(8..<10), Self.part(10..<12)]
    _ = try trainer.fit(
      TrainingPlan(epochs: 1, batchesPerEpoch: 4, accumulation: accumulation), batches: { _, _ in batches },
      test: { [Self.part(0..<1)] })

    let names = Dictionary(uniqueKeysWithValues: trained.map { (ObjectIdentifier($0.parameter), $0.name) })
    let expected = Self.backwardParts(net).map { part in
      trained.map(\.name).filter { name in part.contains { name.hasPrefix($0 + ".") } }
    }.filter { !$0.isEmpty }
    let updates = recorder.updates.filter { !$0.isEmpty }
    #expect(updates.count == 4 / accumulation)
    for (number, update) in updates.enumerated() {
      #expect(update.map { $0.parameters.map { names[ObjectIdentifier($0)] } } == expected)
      let own = batches[number * accumulation..<(number + 1) * accumulation].flatMap(\.labels)
      let weight = own.reduce(0) { $0 + Self.classWeights[Int($1)] }
      #expect(update.allSatisfy { abs($0.weight - weight) < 1e-12 })
    }
  }

  /// The children that make up each part.
  private static func backwardParts(_ net: DenseNet) -> [[String]] {
    let names = net.children.map(\.name)
    let first = net.children.firstIndex { $0.layer is DenseBlock }!
    return [Array(names.suffix(2))] + names[first..<names.count - 2].reversed().map { [$0] } + [Array(names[..<first])]
  }

  /// A model that does not tell its parts tells all parameters at once.
  @Test func anyModelIsToldOf() throws {
    let model = Sequential(Flatten(), Linear(4, 3))
    let recorder = Recorder()
    let trainer = Trainer(model: model, optimizer: AdamW(model), reducer: recorder)
    let batch = LabeledBatch(images: .randn([5, 1, 2, 2], seed: 1), labels: [0, 1, 2, 0, 1])
    _ = try trainer.fit(
      TrainingPlan(epochs: 1, batchesPerEpoch: 1), batches: { _, _ in [batch] }, test: { [batch] })
    #expect(recorder.updates[0].count == 1 && recorder.updates[0][0].weight == 5)
    #expect(recorder.updates[0][0].parameters.map(\.shape) == [[3, 4], [3]])
  }

  @Test func aReducerThatFailsEndsTheRunBeforeTheUpdate() throws {
    let failure = Failure(.inputOutput, "rank 1 is gone")
    for failsEarly in [true, false] {
      let recorder = Recorder()
      if failsEarly { recorder.onReady = { throw failure } } else { recorder.onFinish = { throw failure } }
      let net = Self.network()
      let before = net.namedParameters.map(\.parameter.value)
      let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1), reducer: recorder)
      #expect(throws: failure) {
        try trainer.fit(
          TrainingPlan(epochs: 1, batchesPerEpoch: 1), batches: { _, _ in [Self.batch] }, test: { [Self.batch] })
      }
      #expect(net.namedParameters.map(\.parameter.value) == before)
    }
  }
}
