import DenseNetData
import DenseNetIO
import DenseNetTasks
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
  init(_ command: TrainCommand, _ setup: TrainingSetup) throws {
    let options = command.checkpoints
    guard options.resume, let output = command.output else {
      folder =
        try command.output.map { try RunDirectory(creating: $0.url) }
        ?? RunDirectory(creatingFor: setup.chosen.name, dataset: setup.train.name)
      (progress, seconds, notes) = (TrainingProgress(), 0, [])
      return
    }
    folder = try RunDirectory(resuming: output.url)
    let course = setup.course.flattened
    try Self.requireSameCourse(folder, setup)
    let search = CheckpointFolder(folder.checkpointsURL, kept: options.keepCheckpoints.value).newest()
    var notes = search.refused.map { "warning: \($0); it is passed over" }
    guard let checkpoint = search.checkpoint else {
      notes.append("going on from the start: there is no sound checkpoint in \(folder.checkpointsURL.relativePath)")
      (progress, seconds, self.notes) = (TrainingProgress(), 0, notes)
      return
    }
    if let difference = RunFingerprint.difference(checkpoint.settings, course) {
      throw Failure(
        .invalidData,
        "\(folder.checkpointsURL.relativePath): the checkpoint of step \(checkpoint.progress.step) is of a run with other settings (\(difference)); give --resume the settings of the run, or choose another --output"
      )
    }
    try checkpoint.restore(into: setup.trainer)
    (progress, seconds) = (checkpoint.progress, checkpoint.seconds)
    notes.append("going on from the checkpoint of step \(progress.step)")
    self.notes = notes
  }

  /// - Throws: `Failure(.invalidData)` where the folder's run is another one, with the difference named.
  static func requireSameCourse(_ folder: RunDirectory, _ setup: TrainingSetup) throws {
    guard let config = try config(of: folder),
      let difference = RunFingerprint.difference(config.course, setup.course.flattened)
    else { return }
    let place = folder.url.relativePath
    throw Failure(
      .invalidData,
      "\(place): its run has other settings (\(difference)); give --resume --output \(place) alone to go on with its own, or choose another --output"
    )
  }

  /// What a run's `config.json` says for going on; nil where the folder holds no run yet.
  static func config(of folder: RunDirectory) throws -> Config? {
    guard let data = FileManager.default.contents(atPath: folder.configURL.path) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do { return try decoder.decode(Config.self, from: data) } catch {
      throw Failure(
        .invalidData,
        "\(folder.configURL.relativePath): expected the settings of a run of this version, found others; choose another --output"
      )
    }
  }

  struct Config: Decodable {
    let arguments: [String]
    let workingFolder: String?
    let course: [String: String]
  }
}
