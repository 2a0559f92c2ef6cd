import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// What a person sees of a training run, on standard error.
final class TrainingDisplay {
  private let progress: ProgressBar
  private let epochs: Int
  private let examples: Int
  private let testExamples: Int

  /// Examples of the current epoch that an earlier process has seen.
  private var seen: Int

  private let plots: Bool

  /// - Parameter plots: whether to show the curves below the progress, on a terminal.
  init(_ setup: TrainingSetup, from start: TrainingProgress, plots: Bool) {
    self.plots = plots
    (epochs, examples, testExamples) = (setup.recipe.epochs, setup.train.count, setup.test.count)
    seen = start.metrics.examples
    let all = epochs * examples
    let update = Double(setup.recipe.batchSize) * Double(setup.recipe.accumulate)
    let limited = setup.plan.maxSteps.map { Int(min(Double(all), Double($0) * update)) } ?? all
    progress = ProgressBar(
      style: .automatic(quiet: setup.options.quiet), plannedWork: max(0, min(limited, all) - start.epoch * examples))
  }

  func note(_ text: String) { progress.note(text) }

  /// What a person should know before the first step.
  func introduce(_ setup: TrainingSetup, notes: [String], folder: RunDirectory) {
    note(
      "\(TextFormat.thousands(setup.train.count)) training and \(TextFormat.thousands(setup.test.count)) test images: \(setup.origin)"
    )
    for text in notes { note(text) }
    note("writing \(folder.url.relativePath)")
  }

  func epochBegins(_ epoch: Int) {
    progress.begin("epoch \(epoch + 1)/\(epochs)", total: examples, completed: seen)
    seen = 0
  }

  func step(_ event: Trainer.StepEvent) {
    let loss = TextFormat.fixed(event.metrics.loss, decimals: 3)
    let accuracy = TextFormat.fixed(event.metrics.accuracy, decimals: 3)
    progress.update(completed: event.metrics.examples, detail: "loss \(loss)  acc \(accuracy)")
  }

  func testBegins() { progress.begin("testing", total: testExamples, countsAsWork: false) }
  func tested(_ metrics: Metrics) { progress.update(completed: metrics.examples) }

  func epochEnds(_ event: EpochResult) {
    progress.finish(
      "epoch \(event.epoch)/\(epochs)  loss \(TextFormat.fixed(event.train.loss, decimals: 3)), "
        + "train acc \(TextFormat.fixed(event.train.accuracy, decimals: 3)), "
        + "test acc \(TextFormat.fixed(event.test.accuracy, decimals: 3)), "
        + "\(TextFormat.fixed(event.examplesPerSecond, decimals: 1)) examples/s")
  }

  /// The chapter's plot, as it grows.
  func plot(_ curves: LearningCurves) {
    guard plots else { return }
    let width = Terminal.width
    let plot = TerminalPlot(unicode: Terminal.showsUnicode, colored: true)
    progress.show(below: plot.lines(curves, width: width - 1, height: min(16, Terminal.height - 3)), width: width)
  }

  func end() { progress.close() }
}
