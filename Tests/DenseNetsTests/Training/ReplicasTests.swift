import Foundation
import Testing

@testable import DenseNets

@Suite struct ReplicasTests {
  /// What a network and its training are like.
  struct Case: Sendable, CustomTestStringConvertible {
    var configuration = FreezingTests.configurations[0]
    var dropRate = 0.0
    var stem = DenseNet.Configuration.StemKind.imageNet
    var classWeights: [Double]?
    var accumulation = 1
    var memoryEfficient = false
    let testDescription: String

    init(_ name: String, _ change: (inout Case) -> Void = { _ in }) {
      testDescription = name
      change(&self)
    }

    static let all = [
      Case("plain"), Case("bottlenecks") { $0.configuration = FreezingTests.configurations[1] },
      Case("recomputed") { ($0.configuration, $0.memoryEfficient) = (FreezingTests.configurations[1], true) },
      Case("dropout") { $0.dropRate = 0.3 }, Case("small images") { $0.stem = .cifar },
      Case("weighted classes") { $0.classWeights = [1, 2.5, 0.5, 3, 0.25] },
      Case("accumulated") { $0.accumulation = 2 },
      Case("accumulated and weighted") { ($0.accumulation, $0.classWeights) = (2, [1, 2.5, 0.5, 3, 0.25]) },
    ]

    func network() -> DenseNet {
      var configuration = configuration
      (configuration.dropRate, configuration.stem) = (dropRate, stem)
      let net = FreezingTests.network(configuration)
      net.memoryEfficient = memoryEfficient
      return net
    }
  }

  private static let side = 64

  private static let images: Tensor = {
    var generator = RandomSource(seed: 6)
    return .uniform([12, 2, side, side], in: -1..<1, using: &generator)
  }()

  private static let labels = (0..<12).map { Int32($0 * $0 % 5) }

  /// The images of a batch that begins at `first`, or a rank's part of them.
  fileprivate static func batch(_ range: Range<Int>, of replicas: (any Replicas)?) -> LabeledBatch {
    guard let replicas else {
      return LabeledBatch(images: images.selected(Array(range)), labels: Array(labels[range]))
    }
    let (each, more) = range.count.quotientAndRemainder(dividingBy: replicas.count)
    let first = range.lowerBound + replicas.rank * each + min(replicas.rank, more)
    let own = first..<first + each + (replicas.rank < more ? 1 : 0)
    let isEmpty = own.isEmpty
    let used = isEmpty ? range.prefix(1) : own
    var result = LabeledBatch(images: images.selected(Array(used)), labels: Array(labels[used]))
    result.part = .init(
      wholeCount: range.count, first: isEmpty ? 0 : own.lowerBound - range.lowerBound, isStandIn: isEmpty)
    return result
  }

  /// The state after one epoch, of one update.
  private static func trained(
    _ test: Case, count: Int, replicas: (any Replicas)? = nil, batchNorm: BatchNormStatistics = .synchronized
  ) throws -> (state: [(name: String, value: Tensor)], loss: Double, test: Metrics) {
    let net = test.network()
    let trainer = Trainer(
      model: net, optimizer: SGD(net, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3),
      loss: CrossEntropyLoss(classWeights: test.classWeights), replicas: replicas, batchNorm: batchNorm)
    let plan = TrainingPlan(
      epochs: 1, batchesPerEpoch: test.accumulation, accumulation: test.accumulation, clipNorm: 0.5)
    let bounds = (0...test.accumulation).map { $0 * count / test.accumulation }
    let batches = zip(bounds, bounds.dropFirst()).map { batch($0..<$1, of: replicas) }
    let result = try trainer.fit(
      plan, batches: { _, _ in batches }, test: { [batch(0..<5, of: replicas)] })
    return (net.namedState.map { ($0.name, $0.parameter.value) }, result.last.train.loss, result.last.test)
  }

  /// ‖found − expected‖ / ‖expected − start‖ of all learned parameters.
  private func error(
    _ found: [(name: String, value: Tensor)], _ expected: [(name: String, value: Tensor)], _ test: Case
  ) -> Double {
    let start = Dictionary(uniqueKeysWithValues: test.network().namedParameters.map { ($0.name, $0.parameter.value) })
    var (error, length) = (0.0, 0.0)
    for (one, other) in zip(found, expected) {
      guard let before = start[one.name] else { continue }
      for ((a, b), c) in zip(zip(one.value.values, other.value.values), before.values) {
        error += Double(a - b) * Double(a - b)
        length += Double(b - c) * Double(b - c)
      }
    }
    return (error / length).squareRoot()
  }

  /// Even parts, uneven ones, and an empty one: each replica makes the update of the whole batch, statistics included.
  @Test(arguments: Case.all, [(12, 2), (11, 3), (7, 4), (6, 4)])
  func replicasMakeTheUpdateOfTheWholeBatch(_ test: Case, _ size: (images: Int, replicas: Int)) throws {
    let whole = try Self.trained(test, count: size.images)
    let found = try ThreadReplicas.run(size.replicas) { try Self.trained(test, count: size.images, replicas: $0) }
    for replica in found {
      #expect(replica.state.map(\.value) == found[0].state.map(\.value))
      // Gradients are summed in another order, in fp32; without shared statistics the error is beyond 1e-3.
      #expect(error(replica.state, whole.state, test) < 2e-5)
      #expect(abs(replica.loss - whole.loss) < 1e-6 * whole.loss)
      #expect(replica.test == found[0].test && replica.test.examples == 5)
      for (one, other) in zip(replica.state, whole.state) where one.name.contains("running") {
        #expect(one.value == other.value)
      }
    }
  }

  /// With statistics of their own, replicas stay alike, and part from the whole batch's update.
  @Test func ownStatisticsAreAveraged() throws {
    let test = Case("local")
    let whole = try Self.trained(test, count: 12)
    let found = try ThreadReplicas.run(3) { try Self.trained(test, count: 12, replicas: $0, batchNorm: .local) }
    for replica in found { #expect(replica.state.map(\.value) == found[0].state.map(\.value)) }
    #expect(error(found[0].state, whole.state, test) > 1e-3)
    let mean = Set(whole.state.map(\.name)).filter { $0.contains("running_mean") }
    #expect(!mean.isEmpty)
    for (one, other) in zip(found[0].state, whole.state) where mean.contains(one.name) {
      for (a, b) in zip(one.value.values, other.value.values) { #expect(abs(a - b) < 0.1) }
    }
  }

  /// Moments join exactly where float sums of squares would have nothing left.
  @Test func momentsJoinFarFromZero() {
    let values = [1e6 + 1, 1e6 + 2, 1e6 + 4, 1e6 + 9]
    let single = values.map { Moments(count: 1, mean: $0, squares: 0) }
    let all = single.dropFirst().reduce(single[0]) { $0.joined(with: $1) }
    #expect(all.count == 4 && all.mean == 1e6 + 4 && abs(all.squares - 38) < 1e-6)
    let none = Moments(count: 0, mean: .nan, squares: .nan)
    #expect(all.joined(with: none) == all && none.joined(with: all) == all)
    let (a, b) = (single[0].joined(with: single[1]), single[2].joined(with: single[3]))
    #expect(a.joined(with: b) == b.joined(with: a))
  }

  /// A failure of one replica is everyone's, with its name; one of all is as it is.
  @Test func failuresAreShared() throws {
    let caught = try ThreadReplicas.run(3) { replicas -> String in
      do {
        try replicas.together {
          if replicas.rank == 1 { throw Failure(.invalidData, "a.png: is damaged", settings: ["dataset"]) }
        }
        return "nothing"
      } catch let failure as Failure { return "\(failure.kind) \(failure) \(failure.settings.map(\.rawValue))" }
    }
    #expect(caught == Array(repeating: "invalidData rank 1 on machine 1: a.png: is damaged [\"dataset\"]", count: 3))
    let all = try ThreadReplicas.run(2) { replicas -> String in
      do {
        try replicas.together { throw Failure(.usage, "no such thing") }
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(all == ["no such thing", "no such thing"])
  }

  /// A batch that cannot be read on one replica ends all before the update.
  @Test func aBadBatchEndsAll() throws {
    struct Batches: BatchSource, BatchIterator {
      let replicas: any Replicas
      mutating func next() throws -> LabeledBatch? {
        if replicas.rank == 1 { throw Failure(.invalidData, "b.png: is damaged") }
        return ReplicasTests.batch(0..<4, of: replicas)
      }
    }
    let texts = try ThreadReplicas.run(2) { replicas -> String in
      let net = Case("plain").network()
      let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1), replicas: replicas)
      do {
        _ = try trainer.fit(
          TrainingPlan(epochs: 1, batchesPerEpoch: 1), batches: { _, _ in Batches(replicas: replicas) },
          test: { [LabeledBatch]() })
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(texts == Array(repeating: "rank 1 on machine 1: b.png: is damaged", count: 2))
  }

  /// One replica's loss that is not finite is named; nobody's weights move.
  @Test func aLossThatIsNotFiniteEndsAll() throws {
    let texts = try ThreadReplicas.run(2) { replicas -> String in
      let net = Case("plain").network()
      net.freezeNorms()
      let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1), replicas: replicas)
      var own = Self.batch(0..<4, of: replicas)
      if replicas.rank == 1 {
        let part = own.part
        own = LabeledBatch(images: own.images.map { _ in .nan }, labels: own.labels)
        own.part = part
      }
      let before = net.namedParameters.map(\.parameter.value)
      do {
        _ = try trainer.fit(
          TrainingPlan(epochs: 1, batchesPerEpoch: 1), batches: { _, _ in [own] }, test: { [LabeledBatch]() })
        return "nothing"
      } catch {
        #expect(net.namedParameters.map(\.parameter.value) == before)
        return "\(error)"
      }
    }
    #expect(texts[0] == texts[1] && texts[0].contains("at step 1 on rank 1 on machine 1: training diverged"))
  }
}
