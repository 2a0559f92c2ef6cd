import DenseNetData
import DenseNetIO
import DenseNetReports
public import DenseNets
import Foundation

/// Trains a network, and leaves the same folder as `densenet train`.
///
/// ```swift
/// var options = TrainingOptions(dataset: .folder("photos"))
/// options.model = "densenet-bc-40-12"
/// options.epochs = 2
/// options.output = "runs/photos"
/// let run = try await TrainingTask(options).run()
/// print(run.summary.testAccuracy)
/// ```
public struct TrainingTask: Sendable {
  public var options: TrainingOptions
  /// Processes that carry out the same task together, each on its part of every batch; nil: there are none. The first one
  /// alone writes, and reports to its monitor.
  public var replicas: (any Replicas)?

  public init(_ options: TrainingOptions) { self.options = options }

  /// Trains from the first step, or from where a run was left, to the folder's last file.
  /// - Parameters:
  ///   - monitor: told of notes, warnings, downloads and the look at images; asked after each step whether to stop.
  ///   - events: told what happens in training.
  /// - Throws: `Failure` for settings or input that cannot be used, for files that cannot be written, and where training
  ///   diverges, on all replicas where it is one's; ``TrainingInterruption`` where the monitor stops the run.
  public func run(
    monitor: TaskMonitor = TaskMonitor(), events: TrainingEvents = TrainingEvents()
  ) async throws -> TrainingOutcome {
    let team = Team(replicas: replicas)
    let (monitor, events) = (team.monitor(monitor), team.events(events))
    var compute = options.compute
    if let replicas {
      let threads = TeamThreads(compute.threads, of: replicas)
      compute.threads = threads.count
      for warning in threads.warnings { monitor.warning(warning) }
    }
    let device = try team.together { try compute.device() }
    let lock = try team.first { try options.lockOfResumedRun() } ?? nil
    let parts = try await team.inTurn { try await options.load(monitor) }
    return try Device.$current.withValue(device) {
      let setup = try team.together { try TrainingSetup(options, parts, device: device, team: team, monitor: monitor) }
      if let replicas {
        for warning in try TeamSettings(setup).compare(among: replicas) { monitor.warning(warning) }
      }
      if let done = try team.shared(team.first { try RunStart.completed(setup) } ?? nil) { return done }
      // Published datasets are what they are.
      if let own = setup.train as? LabeledImageFiles, own.labelMatrix == nil, setup.recipe.classWeights == .none,
        let remark = ClassBalance.remark(labels: setup.train.labels.map(Int.init), classNames: setup.train.classNames)
      {
        monitor.remark(remark)
      }
      return try Run(setup: setup, monitor: monitor, events: events, lock: lock).run()
    }
  }
}

/// One run, whose settings are checked.
private struct Run {
  let setup: TrainingSetup
  let monitor: TaskMonitor
  let events: TrainingEvents
  /// Of a run that is resumed.
  let lock: RunLock?

  private var team: Team { setup.team }

  func run() throws -> TrainingOutcome {
    events.isReady(TrainingOverview(setup))
    let start = try RunStart(setup, lock: lock, among: team)
    defer { start.lock?.release() }
    let recorder = try team.together { try RunRecorder(start, setup, warn: monitor.warning) }
    if let lost = setup.croppedEdges { monitor.note("\(lost), which squashing keeps", settings: ["fit"]) }
    events.begins(
      TrainingStart(folder: start.folder, progress: start.progress, notes: start.notes + setup.linkNotes))
    let checkpoints = setup.options.checkpoints
    let settings = setup.fingerprint.settings
    let keeper = CheckpointKeeper(
      CheckpointFolder(start.folder.checkpointsURL, kept: checkpoints.kept), checkpoints, warn: monitor.warning,
      make: { progress in
        Checkpoint(of: setup.trainer, progress: progress, settings: settings, seconds: recorder.seconds)
      })
    let waiting = team.replicas.map { WaitingClock($0) }
    team.replicas?.limitWaiting(true)
    defer { team.replicas?.limitWaiting(false) }
    let result: Trainer.Result
    var epoch = start.progress.epoch
    do {
      result = try setup.trainer.fit(
        setup.plan, from: start.progress,
        batches: { next, first in
          epoch = next
          events.epochBegins(epoch)
          waiting?.start()
          return setup.batches(epoch: epoch, from: first)
        }, statistics: setup.statistics, test: { setup.batches(of: setup.selection, inEpoch: epoch) },
        callbacks: callbacks(recorder, keeper, waiting))
    } catch let failure as Failure {
      events.ends()
      recorder.abandon()
      throw Failure(
        failure.kind, "\(failure); what was written before is in \(start.folder.url.relativePath)",
        settings: failure.settings)
    }
    if result.wasInterrupted, team.isFirst { keeper.write() }
    if setup.validation == nil || result.wasInterrupted { events.ends() }
    recorder.communicationShare = waiting?.share
    return try finish(result, recorder)
  }

  /// Evaluates the model on the test images.
  /// - Throws: ``TrainingInterruption`` where the monitor stops it.
  private func test(_ recorder: RunRecorder, _ result: Trainer.Result) throws -> Metrics {
    recorder.testBegins()
    events.finalTestBegins()
    let metrics = try setup.trainer.evaluate(
      setup.batches(of: setup.test, inEpoch: result.last.epoch - 1),
      onBatch: {
        recorder.tested($0)
        events.tested($0.metrics)
      }, shouldStop: { monitor.shouldStop() })
    guard metrics.examples == setup.test.count else {
      events.ends()
      throw TrainingInterruption(folder: recorder.folder, step: result.last.step, epoch: result.last.epoch)
    }
    return metrics
  }

  private func callbacks(
    _ recorder: RunRecorder, _ keeper: CheckpointKeeper, _ waiting: WaitingClock?
  ) -> Trainer.Callbacks {
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = {
      recorder.step($0)
      events.stepped($0, recorder.curves)
    }
    callbacks.onTestBegin = {
      waiting?.stop()
      recorder.testBegins()
      events.testBegins()
    }
    callbacks.onTestBatch = {
      if setup.validation == nil || setup.hasSeveralLabels { recorder.tested($0) }
      events.tested($0.metrics)
    }
    callbacks.onEpoch = {
      recorder.epoch($0, isBest: $1)
      events.epochEnds($0, recorder.curves)
    }
    let isFirst = team.isFirst
    callbacks.onProgress = { if isFirst { keeper.advanced(to: $0) } }
    callbacks.shouldStop = { monitor.shouldStop() }
    return callbacks
  }

  private func finish(_ result: Trainer.Result, _ recorder: RunRecorder) throws -> TrainingOutcome {
    if !result.wasInterrupted { try recorder.requireThresholds(result) }
    try team.together { try recorder.finishWeights(result) }
    if result.wasInterrupted {
      recorder.abandon()
      throw TrainingInterruption(folder: recorder.folder, step: result.last.step, epoch: result.last.epoch)
    }
    let tests = try recorder.finishTests(result) { try test(recorder, result) }
    events.ends()
    // The others wait for the files, however long that takes.
    team.replicas?.limitWaiting(false)
    let summary = try team.together { try recorder.finishSummary(result, tests) }
    try team.together { try recorder.finishReport() }
    return TrainingOutcome(folder: recorder.folder, summary: summary, wasComplete: false)
  }
}
