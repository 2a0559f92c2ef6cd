import Foundation
import Testing

@testable import DenseNets

/// Optimizers, schedules, losses, clipping and averages against PyTorch in float64.
@Suite struct TrainingReferenceTests {
  let fixture: TrainingFixture

  init() throws { fixture = try TrainingFixture.load() }

  static func optimizer(_ name: String, _ p: [Parameter]) throws -> any Optimizer {
    func both(_ decay: Double) -> [ParameterGroup] { [ParameterGroup(p, weightDecay: decay)] }
    func each(_ a: (Double, Double), _ b: (Double, Double)) -> [ParameterGroup] {
      zip(p, [a, b]).map { ParameterGroup([$0], learningRateScale: $1.0, weightDecay: $1.1) }
    }
    return switch name {
    case "sgd": SGD(groups: both(0), learningRate: 0.1)
    case "sgd-decay": SGD(groups: both(0.05), learningRate: 0.1)
    case "sgd-momentum": SGD(groups: both(1e-3), learningRate: 0.1, momentum: 0.9)
    case "sgd-dampening": SGD(groups: both(0), learningRate: 0.1, momentum: 0.8, dampening: 0.3)
    case "sgd-nesterov": SGD(groups: both(1e-3), learningRate: 0.1, momentum: 0.9, nesterov: true)
    case "sgd-groups": SGD(groups: each((0.1, 0.1), (1, 0)), learningRate: 0.1, momentum: 0.9)
    case "adam": Adam(groups: both(0), learningRate: 0.01)
    case "adam-decay": Adam(groups: both(0.1), learningRate: 0.01, betas: (0.8, 0.99), epsilon: 1e-4)
    case "adamw": AdamW(groups: both(0.1), learningRate: 0.01)
    case "adamw-groups": AdamW(groups: each((5, 0.1), (1, 0)), learningRate: 0.01)
    default: throw Failure(.internalError, "no optimizer \(name)")
    }
  }

  /// Each step; and the second half once more, by an optimizer that goes on from what the first remembered.
  @Test func optimizers() throws {
    #expect(fixture.optimizers.count == 10)
    for c in fixture.optimizers {
      let parameters = c.start.map { Parameter(Tensor(shape: [$0.count], values: $0)) }
      var optimizer = try Self.optimizer(c.name, parameters)
      let rate = optimizer.learningRate
      for step in c.factors.indices {
        if step == c.factors.count / 2 {
          let next = try Self.optimizer(c.name, parameters)
          try next.restore(steps: optimizer.steps, state: optimizer.state)
          optimizer = next
        }
        optimizer.learningRate = rate * c.factors[step]
        for (parameter, gradient) in zip(parameters, c.gradients[step]) {
          parameter.gradient = Tensor(shape: parameter.shape, values: gradient)
        }
        optimizer.step()
        for (parameter, expected) in zip(parameters, c.values[step]) {
          for (found, expected) in zip(parameter.value.values, expected) {
            #expect(abs(Double(found) - expected) <= 3e-6 * max(1, abs(expected)), "\(c.name), step \(step + 1)")
          }
        }
      }
      #expect(optimizer.steps == c.factors.count)
    }
  }

  @Test func anotherOptimizersStateIsRefused() throws {
    let parameters = [Parameter(.zeros([3]))]
    let momentum = SGD(parameters, learningRate: 1, momentum: 0.9)
    momentum.step()
    let other = Adam(groups: [ParameterGroup(parameters)])
    #expect(throws: Failure.self) { try other.restore(steps: 1, state: momentum.state) }
    let larger = SGD([Parameter(.zeros([4]))], learningRate: 1, momentum: 0.9)
    #expect(throws: Failure.self) { try larger.restore(steps: 1, state: momentum.state) }
    #expect(throws: Failure.self) { try momentum.restore(steps: 1, state: []) }
  }

  @Test func schedules() throws {
    #expect(fixture.schedules.count == 9)
    for c in fixture.schedules {
      let schedule = try JSONDecoder().decode(LearningRateSchedule.self, from: Data(c.schedule.utf8))
      try schedule.validate()
      let plan = TrainingSteps(epochs: c.epochs, perEpoch: c.stepsPerEpoch)
      #expect(c.rates.count == plan.count)
      for step in c.rates.indices {
        let position = LearningRateSchedule.Position(step: step, of: plan.count, stepsPerEpoch: c.stepsPerEpoch)
        let rate = schedule.learningRate(at: position, peak: c.peak)
        #expect(abs(rate - c.rates[step]) < 1e-9 * c.peak, "\(c.name), step \(step): \(rate), \(c.rates[step])")
        #expect(abs((schedule.momentum(at: position) ?? 0.9) - c.momenta[step]) < 1e-9, "\(c.name), step \(step)")
      }
    }
  }

  private struct TrainingSteps {
    let epochs: Int
    let perEpoch: Int
    var count: Int { epochs * perEpoch }
  }

  @Test func schedulesThatMakeNoSenseAreRefused() {
    let wrong = [
      LearningRateSchedule(.step(milestones: [], factor: 0.1)),
      LearningRateSchedule(.step(milestones: [3, 2], factor: 0.1)),
      LearningRateSchedule(.step(milestones: [2], factor: 0)), LearningRateSchedule(.cosine(minimum: 2)),
      LearningRateSchedule(.oneCycle, warmupEpochs: 1), LearningRateSchedule(warmupEpochs: -1),
      LearningRateSchedule(warmupEpochs: .nan), LearningRateSchedule(warmupStart: 2),
      LearningRateSchedule(.oneCycle(rise: 1, divisor: 25, finalDivisor: 1e4, momenta: 0.85...0.95)),
    ]
    for schedule in wrong { #expect(throws: Failure.self, "\(schedule)") { try schedule.validate() } }
  }

  @Test func losses() throws {
    #expect(fixture.losses.count == 7)
    for c in fixture.losses {
      func tensor(_ rows: [[Float]]) -> Tensor {
        Tensor(shape: [rows.count, rows[0].count], values: rows.flatMap { $0 })
      }
      let loss = CrossEntropyLoss(labelSmoothing: c.smoothing, classWeights: c.weights)
      let (result, gradient) = loss.lossAndGradient(
        tensor(c.logits), c.labels, targets: c.targets.map(tensor))
      #expect(loss(tensor(c.logits), c.labels, targets: c.targets.map(tensor)).loss == result.loss, "\(c.name)")
      #expect(abs(result.loss - c.loss) < 1e-6 * max(1, c.loss), "\(c.name): \(result.loss), \(c.loss)")
      for (found, expected) in zip(gradient.values, c.gradient.flatMap { $0 }) {
        #expect(abs(Double(found) - expected) < 1e-7, "\(c.name)")
      }
      let correct = zip(c.logits, c.labels).filter { row, label in row[Int(label)] == row.max() }.count
      #expect(result.correct == correct, "\(c.name)")
    }
  }

  @Test func clipping() throws {
    for c in fixture.clipping {
      let parameters = c.gradients.map { gradient in
        let parameter = Parameter(.zeros([gradient.count]))
        parameter.gradient = Tensor(shape: [gradient.count], values: gradient)
        return parameter
      }
      #expect(abs(GradientClipping.clip(parameters, toNorm: c.limit) - c.norm) < 1e-6)
      for (found, expected) in zip(parameters.flatMap(\.gradient.values), c.clipped.flatMap { $0 }) {
        #expect(abs(Double(found) - expected) < 1e-7)
      }
    }
  }

  @Test func averages() throws {
    for c in fixture.averaging {
      let layer = Linear(3, 1)
      func set(_ row: [Float]) {
        layer.weight.value = Tensor(shape: [1, 3], values: Array(row[..<3]))
        layer.bias!.value = Tensor(shape: [1], values: [row[3]])
      }
      set(c.values[0])
      let average = ExponentialMovingAverage(of: layer, decay: c.decay)
      for row in c.values.dropFirst() {
        set(row)
        average.update()
      }
      let last = layer.weight.value
      average.swap()
      let found = layer.weight.value.values + layer.bias!.value.values
      for (found, expected) in zip(found, c.average) { #expect(abs(Double(found) - expected) < 1e-6) }
      average.swap()
      #expect(layer.weight.value == last)
    }
  }
}
