import Foundation

/// What PyTorch does step by step, as make_training_fixtures.py writes it.
struct TrainingFixture: Decodable, Sendable {
  struct OptimizerCase: Decodable, Sendable {
    let name: String
    let start: [[Float]]
    let gradients: [[[Float]]]
    /// Of the learning rate, for each step.
    let factors: [Double]
    /// After each step.
    let values: [[[Double]]]
  }

  struct ScheduleCase: Decodable, Sendable {
    let name: String
    /// JSON.
    let schedule: String
    let peak: Double
    let epochs: Int
    let stepsPerEpoch: Int
    let rates: [Double]
    let momenta: [Double]
  }

  struct LossCase: Decodable, Sendable {
    let name: String
    let logits: [[Float]]
    let labels: [Int32]
    let targets: [[Float]]?
    let smoothing: Double
    let weights: [Double]?
    let loss: Double
    let gradient: [[Double]]
  }

  struct ClippingCase: Decodable, Sendable {
    let limit: Double
    let gradients: [[Float]]
    let norm: Double
    let clipped: [[Double]]
  }

  struct AveragingCase: Decodable, Sendable {
    let decay: Double
    /// Weights and bias of a linear layer, at the beginning and after each step.
    let values: [[Float]]
    let average: [Double]
  }

  let optimizers: [OptimizerCase]
  let schedules: [ScheduleCase]
  let losses: [LossCase]
  let clipping: [ClippingCase]
  let averaging: [AveragingCase]

  static func load() throws -> TrainingFixture {
    try JSONDecoder().decode(
      TrainingFixture.self, from: Data(contentsOf: Fixture.folder.appendingPathComponent("networks/training.json")))
  }
}
