import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// One run of `densenet train`, from its first step, or from where it was left, to the run folder's last file.
struct TrainingRun {
  let command: TrainCommand
  let setup: TrainingSetup

  func run() throws {
    Interrupts.watch()
    let start = try RunStart(command, setup)
    let display = TrainingDisplay(setup, from: start.progress, plots: command.plot)
    let recorder = try RunRecorder(start, setup, warn: { display.note("warning: \($0)") })
    display.introduce(setup, notes: start.notes, folder: start.folder)
    let keeper = CheckpointKeeper(
      CheckpointFolder(start.folder.checkpointsURL, kept: command.checkpoints.keepCheckpoints.value),
      command.checkpoints, warn: { display.note("warning: \($0)") },
      make: { progress in
        Checkpoint(
          of: setup.trainer, progress: progress, settings: setup.course.flattened, seconds: recorder.seconds)
      })
    let result: Trainer.Result
    do {
      result = try setup.trainer.fit(
        setup.plan, from: start.progress,
        batches: { epoch, first in
          display.epochBegins(epoch)
          return setup.batches(epoch: epoch, from: first)
        }, test: { setup.testBatches() }, callbacks: callbacks(display, recorder, keeper))
    } catch let failure as Failure {
      display.end()
      recorder.abandon()
      throw Failure(failure.kind, "\(failure); what was written before is in \(start.folder.url.relativePath)")
    }
    if result.wasInterrupted { keeper.write() }
    display.end()
    try finish(result, recorder)
  }

  private func callbacks(
    _ display: TrainingDisplay, _ recorder: RunRecorder, _ keeper: CheckpointKeeper
  ) -> Trainer.Callbacks {
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = {
      display.step($0)
      recorder.step($0)
      if $0.isPoint { display.plot(recorder.curves) }
    }
    callbacks.onTestBegin = {
      display.testBegins()
      recorder.testBegins()
    }
    callbacks.onTestBatch = {
      display.tested($0.metrics)
      recorder.tested($0)
    }
    callbacks.onEpoch = {
      recorder.epoch($0, isBest: $1)
      display.epochEnds($0)
      display.plot(recorder.curves)
    }
    callbacks.onProgress = { keeper.advanced(to: $0) }
    callbacks.shouldStop = { Interrupts.requested }
    return callbacks
  }

  private func finish(_ result: Trainer.Result, _ recorder: RunRecorder) throws {
    let place = recorder.folder.url.relativePath
    try recorder.finishWeights(result)
    if result.wasInterrupted {
      recorder.abandon()
      throw Interruption(
        description:
          "interrupted after step \(result.last.step) in epoch \(result.last.epoch); go on with densenet train --resume --output \(place)"
      )
    }
    let summary = try recorder.finishSummary(result)
    try recorder.finishReport()
    if !setup.options.quiet { printError("everything on one page: \(recorder.folder.reportURL.relativePath)") }
    try ClosingLines(summary).print(json: command.json, place: place)
  }
}
