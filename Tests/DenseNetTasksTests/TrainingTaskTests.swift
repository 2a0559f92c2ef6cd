import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct TrainingTaskTests {
  let scratch = try! Scratch()

  private func options(_ output: String) throws -> TrainingOptions {
    try scratch.addPhotos()
    var options = TrainingOptions(dataset: .folder(scratch.path("photos")))
    options.model = "densenet-bc-10-4"
    options.images.size = 32
    options.recipe = .fast
    (options.epochs, options.batchSize) = (2, 4)
    options.output = scratch.path(output)
    return options
  }

  /// The same options to the command, the same bytes from it.
  @Test func leavesWhatTheCommandLeaves() async throws {
    let run = try await TrainingTask(try options("library")).run()
    #expect(run.summary.epochs == 2 && !run.wasComplete)
    let command = try #require(commandURL(), "the command is not built")
    let process = Process()
    process.executableURL = command
    process.currentDirectoryURL = scratch.folder
    process.arguments = [
      "train", "--dataset", "folder:photos", "--model", "densenet-bc-10-4", "--resize", "32", "--recipe", "fast",
      "--epochs", "2", "--batch-size", "4", "--output", "command", "--quiet",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    for name in ["model.safetensors", "best.safetensors"] {
      #expect(try scratch.data("library/\(name)") == scratch.data("command/\(name)"), "\(name)")
    }
    let files = { (run: String) in
      Set(try FileManager.default.contentsOfDirectory(atPath: scratch.path(run)).filter { !$0.hasPrefix("events") })
    }
    #expect(try files("library") == files("command"))
    // Nothing is known of a program.
    let config = try scratch.data("library/config.json")
    let object = try #require(try JSONSerialization.jsonObject(with: config) as? [String: Any])
    #expect(object["arguments"] == nil && object["version"] == nil && object["course"] != nil)
  }

  @Test func tellsWhatHappensAndStopsWhenAsked() async throws {
    let whole = try await TrainingTask(try options("whole")).run()
    let steps = Mutex(0)
    var events = TrainingEvents()
    events.stepped = { _, _ in steps.withLock { $0 += 1 } }
    var monitor = TaskMonitor()
    monitor.shouldStop = { steps.withLock { $0 >= 1 } }
    let output = scratch.path("run")
    var begun = try options("run")
    begun.output = output
    await #expect(throws: TrainingInterruption.self) {
      try await TrainingTask(begun).run(monitor: monitor, events: events)
    }
    #expect(steps.withLock { $0 } == 1)

    let resumed = try await TrainingTask(try TrainingOptions(resuming: output)).run()
    #expect(!resumed.wasComplete && resumed.summary.testLoss == whole.summary.testLoss)
    #expect(try scratch.data("run/model.safetensors") == scratch.data("whole/model.safetensors"))
    // Complete.
    let again = try await TrainingTask(try TrainingOptions(resuming: output)).run()
    #expect(again.wasComplete && again.summary == resumed.summary)
  }

  @Test func refusesASettingInTheLibrarysTerms() async throws {
    var options = try options("run")
    options.batchSize = 0
    let task = TrainingTask(options)
    let failure = await #expect(throws: Failure.self) { try await task.run() }
    #expect(failure?.kind == .usage && failure?.settings == ["batchSize"])
    #expect(throws: Failure.self) { try TrainingOptions(resuming: scratch.path("absent")) }
  }
}
