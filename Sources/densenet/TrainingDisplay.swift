import DenseNetReports
import DenseNets

/// What a person sees of a training run, on standard error.
final class TrainingDisplay {
  private let progress: ProgressBar
  private let epochs: Int
  private let examples: Int
  private let testExamples: Int

  /// - Parameter steps: the updates of the whole run.
  init(epochs: Int, examples: Int, testExamples: Int, steps: Int, batchSize: Int, quiet: Bool) {
    (self.epochs, self.examples, self.testExamples) = (epochs, examples, testExamples)
    progress = ProgressBar(
      style: .automatic(quiet: quiet), plannedWork: min(steps * batchSize, epochs * examples))
  }

  func note(_ text: String) { progress.note(text) }

  func epochBegins(_ epoch: Int) { progress.begin("epoch \(epoch + 1)/\(epochs)", total: examples) }

  func step(_ event: Trainer.StepEvent) {
    let loss = TextFormat.fixed(event.metrics.loss, decimals: 3)
    let accuracy = TextFormat.fixed(event.metrics.accuracy, decimals: 3)
    progress.update(completed: event.metrics.examples, detail: "loss \(loss)  acc \(accuracy)")
  }

  func testBegins() { progress.begin("testing", total: testExamples, countsAsWork: false) }
  func tested(_ metrics: Metrics) { progress.update(completed: metrics.examples) }

  func epochEnds(_ event: Trainer.EpochEvent) {
    progress.finish(
      "epoch \(event.epoch)/\(epochs)  loss \(TextFormat.fixed(event.train.loss, decimals: 3)), "
        + "train acc \(TextFormat.fixed(event.train.accuracy, decimals: 3)), "
        + "test acc \(TextFormat.fixed(event.test.accuracy, decimals: 3)), "
        + "\(TextFormat.fixed(event.examplesPerSecond, decimals: 1)) examples/s")
  }

  func end() { progress.finish() }
}
