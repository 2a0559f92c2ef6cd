import DenseNetIO
import DenseNets
import Foundation

/// Writes checkpoints when they are due. One that cannot be written is reported, and does not stop a run.
final class CheckpointKeeper {
  private let folder: CheckpointFolder
  private let everySteps: Int?
  private let interval: Duration?
  private let make: (TrainingProgress) -> Checkpoint
  private let warn: (String) -> Void
  /// The newest state, written or not.
  private var newest: TrainingProgress?
  private var isWritten = true
  private var lastTime = ContinuousClock.now
  private var lastProblem: String?

  init(
    _ folder: CheckpointFolder, _ options: TrainingOptions.CheckpointOptions, warn: @escaping (String) -> Void,
    make: @escaping (TrainingProgress) -> Checkpoint
  ) {
    (self.folder, self.make, self.warn) = (folder, make, warn)
    everySteps = options.everySteps
    interval = options.everyMinutes.map { .seconds(min(60 * $0, 1e12)) }
  }

  /// After an update or an epoch.
  func advanced(to progress: TrainingProgress) {
    (newest, isWritten) = (progress, false)
    let isEpochEnd = progress.batch == 0 || progress.isComplete
    let isStep = everySteps.map { progress.step % $0 == 0 } ?? false
    let isTime = interval.map { ContinuousClock.now - lastTime >= $0 } ?? false
    if isEpochEnd || isStep || isTime { write() }
  }

  /// Writes the newest state, unless that was done: before a run is left.
  func write() {
    guard let newest, !isWritten else { return }
    lastTime = .now
    do {
      try folder.write(make(newest))
      (isWritten, lastProblem) = (true, nil)
    } catch {
      // Once for each problem: a full disk stays full for a while.
      if lastProblem != error.description { warn("no checkpoint of step \(newest.step): \(error)") }
      lastProblem = error.description
    }
  }
}
