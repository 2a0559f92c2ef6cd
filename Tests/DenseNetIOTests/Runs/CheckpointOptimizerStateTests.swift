import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// Two kinds of state, whose order is not that of their names.
private final class Unsorted: Optimizer {
  let groups: [ParameterGroup]
  var learningRate = 0.1
  var momentum = 0.0
  private(set) var steps = 0
  private(set) var state: [OptimizerState] = []

  init(_ parameters: [Parameter]) { groups = [ParameterGroup(parameters)] }

  func step() {
    steps += 1
    state = ["velocity", "age"].map { name in
      OptimizerState(name: name, values: parameters.map { [Float](repeating: Float(name.count), count: $0.count) })
    }
  }

  func restore(steps: Int, state: [OptimizerState]) throws(Failure) { (self.steps, self.state) = (steps, state) }
}

@Suite struct CheckpointOptimizerStateTests {
  private let model = Linear(3, 2)

  private func trainer(_ optimizer: any Optimizer) -> Trainer { Trainer(model: model, optimizer: optimizer) }

  private func adam(stepped: Bool) -> Adam {
    let optimizer = Adam(model)
    guard stepped else { return optimizer }
    model.weight.gradient = .randn(model.weight.shape, seed: 1)
    optimizer.step()
    return optimizer
  }

  @Test func keepsTheOptimizersOwnOrder() throws {
    let optimizer = Unsorted(model.namedParameters.map(\.parameter))
    optimizer.step()
    let restored = Unsorted(model.namedParameters.map(\.parameter))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("c.safetensors")
      try Checkpoint(of: trainer(optimizer), progress: TrainingProgress(), settings: [:], seconds: 1).write(to: url)
      try Checkpoint(contentsOf: url).restore(into: trainer(restored))
    }
    #expect(restored.state.map(\.name) == ["velocity", "age"] && restored.state == optimizer.state)
  }

  /// Such as earlier releases wrote.
  @Test func aCheckpointThatDoesNotListTheStateIsRead() throws {
    let progress = try JSONDecoder().decode(TrainingProgress.self, from: Data(progressAfterOneStep.utf8))
    let optimizer = adam(stepped: true)
    let restored = adam(stepped: false)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("c.safetensors")
      try Checkpoint(of: trainer(optimizer), progress: progress, settings: [:], seconds: 1).write(to: url)
      var file = try Safetensors.decoded(try Data(contentsOf: url))
      #expect(file.metadata.removeValue(forKey: "optimizer_state") == "exp_avg,exp_avg_sq")
      file.metadata["checksum"] = nil
      file.metadata["checksum"] = file.fullChecksum
      try Safetensors.encoded(file).write(to: url)
      try Checkpoint(contentsOf: url).restore(into: trainer(restored))
    }
    #expect(restored.steps == 1 && restored.state == optimizer.state)
  }

  private let progressAfterOneStep = """
    {"epoch":0,"batch":1,"step":1,"metrics":{"examples":2,"correct":1,"lossSum":1},"examples":2,"trainingSeconds":1,
    "epochSeconds":1,"epochWaitingSeconds":0,"isComplete":false}
    """
}
