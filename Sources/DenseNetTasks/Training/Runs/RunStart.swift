import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// How a run begins: in a folder of its own, or where another process left off.
struct RunStart {
  let folder: RunDirectory
  let progress: TrainingProgress
  /// Seconds that the run has taken before.
  let seconds: Double
  /// What a person should know.
  let notes: [String]
  /// The run as it was begun; nil where there is none yet.
  let saved: SavedRun?
  /// What of its length is another one, for `config.json`.
  let change: String?
  /// Keeps other processes out of the folder until the run has ended; nil on replicas that do not write.
  let lock: RunLock?
  /// Whether this process writes into the folder: of several replicas, the first.
  private(set) var writes = true

  /// The beginning on every replica: the first opens the folder, and the others are brought to where it is.
  /// - Throws: as ``init(_:lock:)``, on all of them.
  init(_ setup: TrainingSetup, lock: RunLock?, among team: Team) throws {
    guard team.replicas != nil else {
      self = try RunStart(setup, lock: lock)
      return
    }
    let first = try team.first { try RunStart(setup, lock: lock) }
    let place = team.shared(first.map { Data($0.folder.url.path.utf8) })!
    let state = team.shared(
      try first.map {
        try Checkpoint(of: setup.trainer, progress: $0.progress, settings: [:], seconds: $0.seconds).encoded()
      })!
    if let first {
      self = first
      return
    }
    let checkpoint = try Checkpoint(encoded: state, source: "the first rank's state")
    try checkpoint.restore(into: setup.trainer)
    folder = RunDirectory(at: URL(fileURLWithPath: String(decoding: place, as: UTF8.self)))
    (progress, seconds, notes, saved, change) = (checkpoint.progress, checkpoint.seconds, [], nil, nil)
    (self.lock, writes) = (nil, false)
  }

  /// Opens the folder, and brings the trainer to where the run was.
  /// - Parameter lock: of the run that is resumed, where it was taken before.
  /// - Throws: `Failure(.invalidData)` where the folder's run is another one, with the difference named, or where all its
  ///   checkpoints are damaged; `Failure(.inputOutput)` where another process is writing there.
  init(_ setup: TrainingSetup, lock: RunLock?) throws {
    let options = setup.options
    guard options.resumes, let output = options.output else {
      folder =
        try options.output.map { try RunDirectory(creating: URL(fileURLWithPath: $0)) }
        ?? RunDirectory(creatingFor: setup.chosen.name, dataset: setup.train.name)
      let lock = try RunLock(folder.url)
      self.lock = lock
      // Another process may have been here first.
      try folder.requireNoRun()
      (progress, seconds, notes) = (TrainingProgress(), 0, lock.notes)
      (saved, change) = (nil, nil)
      return
    }
    folder = try RunDirectory(resuming: URL(fileURLWithPath: output))
    let lock = try lock ?? RunLock(folder.url)
    self.lock = lock
    if lock.isHeld { for place in [folder.url, folder.checkpointsURL] { AtomicFile.removeLeftovers(in: place) } }
    saved = try Self.sameRun(folder, setup)
    let planned = saved.flatMap { PlanChange($0.fingerprint, setup.fingerprint.settings) }
    if options.startsOver {
      try folder.removeResults(andMetrics: true)
      folder.dropEarlierBest()
      CheckpointFolder(folder.checkpointsURL, kept: options.checkpoints.kept).removeAll()
      (progress, seconds, change) = (TrainingProgress(), 0, planned?.text(after: 0))
      notes = lock.notes + ["starting again from the first step"]
      return
    }
    let found = try Self.checkpoint(in: folder, setup, saved)
    var notes = lock.notes + found.notes
    guard let checkpoint = found.checkpoint else {
      notes.append("resuming from the start: there is no checkpoint in \(folder.checkpointsURL.relativePath) yet")
      (progress, seconds, self.notes, change) = (TrainingProgress(), 0, notes, planned?.text(after: 0))
      return
    }
    try checkpoint.restore(into: setup.trainer)
    seconds = checkpoint.seconds
    notes.append("resuming from the checkpoint of step \(checkpoint.progress.step)")
    if let planned {
      let plan = setup.plan
      progress = try checkpoint.progress.adapted(to: plan)
      if checkpoint.progress.isComplete, progress.isComplete { throw Self.nothingToDo(progress, plan) }
      notes.append(planned.note(plan, done: progress.completedEpochs))
      change = planned.text(after: progress.step)
      // Those of the shorter run.
      try folder.removeResults()
    } else if PlanChange(checkpoint.settings, setup.fingerprint.settings) != nil {
      // The run was given its length before, and no checkpoint was written since.
      progress = try checkpoint.progress.adapted(to: setup.plan)
      change = nil
    } else {
      (progress, change) = (checkpoint.progress, nil)
    }
    // The best epoch was one that was cut, and is now to be completed.
    if progress.best != checkpoint.progress.best { try folder.restoreEarlierBest(isKept: progress.best != nil) }
    self.notes = notes
  }

  /// Why a complete run has no more to do under a plan of another length.
  private static func nothingToDo(_ progress: TrainingProgress, _ plan: TrainingPlan) -> Failure {
    if progress.step == plan.maxSteps {
      return Failure(
        .usage,
        "max steps: the run has made its \(TextFormat.count(progress.step, "update")), and no more were asked for; expected more, to go on",
        settings: ["maxSteps"])
    }
    return Failure(
      .usage,
      "epochs: the run has completed its \(TextFormat.count(progress.completedEpochs, "epoch")), and no more were asked for; expected more, to go on",
      settings: ["epochs"])
  }

  /// The newest intact checkpoint of the run.
  private static func checkpoint(
    in folder: RunDirectory, _ setup: TrainingSetup, _ saved: SavedRun?
  ) throws -> (checkpoint: Checkpoint?, notes: [String]) {
    let place = folder.checkpointsURL.relativePath
    let search = CheckpointFolder(folder.checkpointsURL, kept: setup.options.checkpoints.kept).newest()
    guard let checkpoint = search.checkpoint else {
      if let first = search.refused.first {
        let count = search.refused.count
        throw Failure(
          .invalidData,
          "\(place): \(count == 1 ? "the only checkpoint" : "none of the \(count) checkpoints") can be used (\(first)); restore a copy, or start again from the first step, which replaces what the run has left",
          settings: ["startsOver"])
      }
      guard saved == nil || !folder.hasResults else {
        throw Failure(
          .invalidData,
          "\(place): expected a checkpoint of the run, which has completed epochs, found none; restore a copy, or start again from the first step, which replaces what the run has left",
          settings: ["startsOver"])
      }
      return (nil, [])
    }
    let settings = setup.fingerprint.settings
    let difference = RunFingerprint.Difference(
      checkpoint.settings, settings, ignoring: PlanChange.ignored(checkpoint.settings, settings))
    if let difference {
      throw refusal(
        "\(place): the checkpoint of step \(checkpoint.progress.step) is of a run with other settings", difference,
        saved, setup)
    }
    return (checkpoint, search.refused.map { "warning: \($0); it is skipped" })
  }

  /// The results of the run to resume, where it has come to its end and left all its files.
  /// - Throws: `Failure(.invalidData)` where it is another run, with the difference named.
  static func completed(_ setup: TrainingSetup) throws -> TrainingOutcome? {
    guard setup.options.resumes, !setup.options.startsOver, let output = setup.options.output else { return nil }
    let folder = RunDirectory(at: URL(fileURLWithPath: output))
    var last = [folder.weightsURL, folder.summaryURL, folder.reportURL]
    if setup.test.count > 0 { last.append(folder.evaluationURL) }
    guard last.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) else { return nil }
    guard let saved = try sameRun(folder, setup, isComplete: true),
      PlanChange(saved.fingerprint, setup.fingerprint.settings) == nil,
      let summary = try RunRecord(contentsOf: folder.url).summary
    else { return nil }
    return TrainingOutcome(folder: folder, summary: summary, wasComplete: true)
  }

  /// The run in the folder; nil where there is none yet.
  /// - Throws: `Failure(.invalidData)` where the folder's run is another one, with the difference named.
  private static func sameRun(
    _ folder: RunDirectory, _ setup: TrainingSetup, isComplete: Bool = false
  ) throws -> SavedRun? {
    guard let saved = try SavedRun(contentsOf: folder.url) else { return nil }
    let settings = setup.fingerprint.settings
    let isLengthened = PlanChange(saved.fingerprint, settings) != nil
    let difference = RunFingerprint.Difference(
      saved.fingerprint, settings, ignoring: isLengthened ? PlanChange.ignored(saved.fingerprint, settings) : [],
      countsInstructionSet: !isComplete)
    guard let difference else { return saved }
    throw refusal("\(folder.url.relativePath): its run has other settings", difference, saved, setup)
  }

  /// - Parameter text: where other settings were found.
  private static func refusal(
    _ text: String, _ difference: RunFingerprint.Difference, _ saved: SavedRun?, _ setup: TrainingSetup
  ) -> Failure {
    let now = setup.options.choices(dataset: setup.train.name)
    let remedy =
      difference.isOfInstructionSet
      ? "resume it on a machine with that instruction set, with DENSENET_ISA unset or naming it"
      : difference.isOfImagesAlone(saved?.choices, now)
        ? "its images have changed since: bring them back as they were"
        : "resume it with its own settings: by its folder alone"
    return Failure(
      .invalidData, "\(text) (\(difference)); \(remedy), or choose another folder",
      settings: difference.settings(saved?.choices, now) + ["resume"])
  }
}

extension RunLock {
  fileprivate var notes: [String] { warning.map { ["warning: \($0)"] } ?? [] }
}

extension TrainingOptions {
  /// The lock of a run that is to be resumed, before its images are looked for.
  /// - Returns: nil where there is no folder yet.
  /// - Throws: `Failure(.inputOutput)` where another process is writing there.
  func lockOfResumedRun() throws(Failure) -> RunLock? {
    guard resumes, let output else { return nil }
    let url = URL(fileURLWithPath: output)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      return nil
    }
    return try RunLock(url)
  }
}
