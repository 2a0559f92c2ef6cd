import DenseNetData
import DenseNetIO
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

  /// Opens the folder, and brings the trainer to where the run was.
  /// - Throws: `Failure(.invalidData)` where the folder's run is another one, with the difference named.
  init(_ setup: TrainingSetup) throws {
    let options = setup.options
    guard options.resumes, let output = options.output else {
      folder =
        try options.output.map { try RunDirectory(creating: URL(fileURLWithPath: $0)) }
        ?? RunDirectory(creatingFor: setup.chosen.name, dataset: setup.train.name)
      (progress, seconds, notes) = (TrainingProgress(), 0, [])
      return
    }
    folder = try RunDirectory(resuming: URL(fileURLWithPath: output))
    try Self.requireSameRun(folder, setup)
    let search = CheckpointFolder(folder.checkpointsURL, kept: options.checkpoints.kept).newest()
    var notes = search.refused.map { "warning: \($0); it is skipped" }
    guard let checkpoint = search.checkpoint else {
      notes.append("resuming from the start: there is no intact checkpoint in \(folder.checkpointsURL.relativePath)")
      (progress, seconds, self.notes) = (TrainingProgress(), 0, notes)
      return
    }
    if let difference = RunFingerprint.difference(checkpoint.settings, setup.fingerprint.settings) {
      throw Failure(
        .invalidData,
        "\(folder.checkpointsURL.relativePath): the checkpoint of step \(checkpoint.progress.step) is of a run with other settings (\(difference)); \(Self.remedy(difference)), or choose another folder",
        settings: ["output"])
    }
    try checkpoint.restore(into: setup.trainer)
    (progress, seconds) = (checkpoint.progress, checkpoint.seconds)
    notes.append("resuming from the checkpoint of step \(progress.step)")
    self.notes = notes
  }

  /// The results of the run to resume, where it has come to its end and left all its files.
  /// - Throws: `Failure(.invalidData)` where it is another run, with the difference named.
  static func completed(_ setup: TrainingSetup) throws -> TrainingOutcome? {
    guard setup.options.resumes, let output = setup.options.output else { return nil }
    let folder = RunDirectory(at: URL(fileURLWithPath: output))
    let last = [folder.weightsURL, folder.summaryURL, folder.evaluationURL, folder.reportURL]
    guard last.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) else { return nil }
    try requireSameRun(folder, setup, isComplete: true)
    guard let summary = try RunRecord(contentsOf: folder.url).summary else { return nil }
    return TrainingOutcome(folder: folder, summary: summary, wasComplete: true)
  }

  /// - Throws: `Failure(.invalidData)` where the folder's run is another one, with the difference named.
  private static func requireSameRun(_ folder: RunDirectory, _ setup: TrainingSetup, isComplete: Bool = false) throws {
    guard let saved = try SavedRun(contentsOf: folder.url),
      let difference = RunFingerprint.difference(
        saved.fingerprint, setup.fingerprint.settings, countsInstructionSet: !isComplete)
    else { return }
    throw Failure(
      .invalidData,
      "\(folder.url.relativePath): its run has other settings (\(difference)); \(remedy(difference)), or choose another folder",
      settings: ["resume", "output"])
  }

  private static func remedy(_ difference: String) -> String {
    difference.contains("instruction_set: ")
      ? "resume it on a machine with that instruction set, with DENSENET_ISA unset or naming it"
      : "resume it with its own settings: by its folder alone"
  }
}
