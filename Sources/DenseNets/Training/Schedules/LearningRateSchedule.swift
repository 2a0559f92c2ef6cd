internal import Foundation

/// How the learning rate changes over a run: a function of the update's number alone.
///
/// Each gives the rates of the PyTorch scheduler that it names, stepped once per update
/// (``Shape/step(milestones:factor:)``: once per epoch).
public struct LearningRateSchedule: Sendable, Equatable, Codable {
  public enum Shape: Sendable, Equatable, Codable {
    case constant
    /// `MultiStepLR`: multiplied by `factor` after each of the milestones, in epochs.
    case step(milestones: [Int], factor: Double)
    /// `CosineAnnealingLR`: along half a cosine from the peak to `minimum`, in units of the peak.
    case cosine(minimum: Double)
    /// `OneCycleLR` (Smith and Topin 2017): along cosines from peak/`divisor` up to the peak at `rise` of the updates,
    /// and down to peak/(`divisor` · `finalDivisor`). Momentum moves the other way, from `momenta.upperBound` down to
    /// `momenta.lowerBound` and back.
    case oneCycle(rise: Double, divisor: Double, finalDivisor: Double, momenta: ClosedRange<Double>)

    /// PyTorch's defaults.
    public static let oneCycle = Shape.oneCycle(rise: 0.3, divisor: 25, finalDivisor: 1e4, momenta: 0.85...0.95)
  }

  public var shape: Shape
  /// Epochs in which the rate first rises linearly, from ``warmupStart`` times its value: `LinearLR`. A cosine begins
  /// where they end, as in `SequentialLR`; steps are counted from the run's beginning, as in `ChainedScheduler`. Not
  /// for one-cycle, which warms up itself.
  public var warmupEpochs: Double
  /// In units of the rate.
  public var warmupStart: Double

  public init(_ shape: Shape = .constant, warmupEpochs: Double = 0, warmupStart: Double = 0.1) {
    self.shape = shape
    self.warmupEpochs = warmupEpochs
    self.warmupStart = warmupStart
  }

  /// Where a run is.
  public struct Position: Sendable {
    /// The next update, counted from 0, and the number of updates in the run.
    public let step: Int
    public let steps: Int
    public let stepsPerEpoch: Int

    public init(step: Int, of steps: Int, stepsPerEpoch: Int) {
      self.step = step
      self.steps = steps
      self.stepsPerEpoch = stepsPerEpoch
    }
  }

  /// - Throws: ``Failure`` of kind `usage` that names the value that is out of range.
  public func validate() throws(Failure) {
    func require(_ condition: Bool, _ text: String) throws(Failure) {
      if !condition { throw Failure(.usage, "learning-rate schedule: " + text) }
    }
    try require(
      (0...1e6).contains(warmupEpochs), "warm-up: expected a number of epochs from 0, found \(warmupEpochs)")
    try require(
      (0...1).contains(warmupStart), "warm-up: expected a start from 0 to 1 times the rate, found \(warmupStart)")
    switch shape {
    case .constant: break
    case .step(let milestones, let factor):
      try require(
        milestones.allSatisfy { $0 > 0 } && milestones == milestones.sorted() && !milestones.isEmpty,
        "milestones: expected increasing numbers of epochs from 1, found \(milestones)")
      try require(factor > 0 && factor <= 1, "factor: expected a number above 0, at most 1, found \(factor)")
    case .cosine(let minimum):
      guard (0...1).contains(minimum) else {
        throw Failure(
          .usage,
          "learning-rate schedule: cosine: expected a minimum from 0 to 1 times the rate, found \(minimum); choose another, or another rate",
          settings: ["minimumLearningRate", "learningRate"])
      }
    case .oneCycle(let rise, let divisor, let finalDivisor, let momenta):
      try require(warmupEpochs == 0, "one-cycle has a warm-up of its own: leave out the other")
      try require(rise > 0 && rise < 1, "one-cycle: expected a rise between 0 and 1, found \(rise)")
      try require(
        divisor >= 1 && finalDivisor >= 1 && divisor.isFinite && finalDivisor.isFinite,
        "one-cycle: expected divisors of at least 1, found \(divisor) and \(finalDivisor)")
      try require(
        momenta.lowerBound >= 0 && momenta.upperBound < 1,
        "one-cycle: expected momenta from 0 to below 1, found \(momenta)")
    }
  }

  /// The learning rate of an update, where the run's highest is `peak`.
  public func learningRate(at position: Position, peak: Double) -> Double {
    let warmupSteps = (warmupEpochs * Double(position.stepsPerEpoch)).rounded()
    let step = Double(position.step)
    let warmth = step < warmupSteps ? warmupStart + (1 - warmupStart) * step / warmupSteps : 1
    switch shape {
    case .constant: return peak * warmth
    case .step(let milestones, let factor):
      let epoch = position.step / position.stepsPerEpoch
      return peak * warmth * pow(factor, Double(milestones.filter { $0 <= epoch }.count))
    case .cosine(let minimum):
      if step < warmupSteps { return peak * warmth }
      let length = max(1, Double(position.steps) - warmupSteps)
      return between(peak, peak * minimum, part: (step - warmupSteps) / length)
    case .oneCycle(_, let divisor, let finalDivisor, _):
      let start = peak / divisor
      return cycle(position, from: start, over: peak, to: start / finalDivisor)
    }
  }

  /// The momentum of an update; nil where the schedule leaves it unchanged.
  public func momentum(at position: Position) -> Double? {
    guard case .oneCycle(_, _, _, let momenta) = shape else { return nil }
    return cycle(position, from: momenta.upperBound, over: momenta.lowerBound, to: momenta.upperBound)
  }

  private func cycle(_ position: Position, from start: Double, over peak: Double, to end: Double) -> Double {
    guard case .oneCycle(let rise, _, _, _) = shape else { return peak }
    // PyTorch's phases: they end at updates rise · steps − 1 and steps − 1, which need not be whole.
    let top = rise * Double(position.steps) - 1
    let last = Double(position.steps - 1)
    let step = Double(position.step)
    if step <= top { return between(start, peak, part: top > 0 ? step / top : 1) }
    return between(peak, end, part: last > top ? min(1, (step - top) / (last - top)) : 1)
  }

  /// Along half a cosine.
  private func between(_ start: Double, _ end: Double, part: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * part))
  }
}
