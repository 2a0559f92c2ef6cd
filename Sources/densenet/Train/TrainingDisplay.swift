import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation
import Synchronization

/// What a person sees of a training run, on standard error.
final class TrainingDisplay: Sendable {
  private struct State {
    /// Of the training; nil before it begins.
    var progress: ProgressBar?
    var overview: TrainingOverview?
    /// Examples of the current epoch that an earlier process has seen.
    var seen = 0
  }

  private let quiet: Bool
  private let plots: Bool
  private let state = Mutex(State())

  /// - Parameter plots: whether to show the curves below the progress, on a terminal.
  init(quiet: Bool, plots: Bool) { (self.quiet, self.plots) = (quiet, plots) }

  /// What comes before training is shown as for other tasks.
  var monitor: TaskMonitor {
    var monitor = ConsoleMonitor(quiet: quiet).monitor
    monitor.warning = { [self] text in
      if let progress { progress.note("densenet: warning: \(printable(text))") } else { printError("warning: \(text)") }
    }
    return monitor
  }

  var events: TrainingEvents {
    var events = TrainingEvents()
    events.isReady = { [self] overview in
      Interrupts.watch()
      state.withLock { $0.overview = overview }
    }
    events.begins = { [self] in begin($0) }
    events.epochBegins = { [self] in beginEpoch($0) }
    events.stepped = { [self] in
      step($0)
      if $0.isPoint { plot($1) }
    }
    events.testBegins = { [self] in
      let overview = state.withLock { $0.overview }
      let validation = overview?.validationImages
      progress?.begin(
        validation == nil ? "testing" : "validating", total: validation ?? overview?.testImages ?? 0,
        countsAsWork: false)
    }
    events.finalTestBegins = { [self] in
      progress?.begin("testing", total: state.withLock { $0.overview?.testImages ?? 0 }, countsAsWork: false)
    }
    events.tested = { [self] in progress?.update(completed: $0.examples) }
    events.epochEnds = { [self] in
      endEpoch($0)
      plot($1)
    }
    events.ends = { [self] in progress?.close() }
    return events
  }

  private var progress: ProgressBar? { state.withLock { $0.progress } }

  /// What a person should know before the first step.
  private func begin(_ start: TrainingStart) {
    guard let overview = state.withLock({ $0.overview }) else { return }
    let progress = ProgressBar(style: .automatic(quiet: quiet), plannedWork: overview.work(from: start.progress))
    state.withLock { ($0.progress, $0.seen) = (progress, start.progress.metrics.examples) }
    let validation = overview.validationImages.map { ", \(TextFormat.thousands($0)) validation" } ?? ""
    progress.note(
      "\(TextFormat.thousands(overview.trainImages)) training\(validation) and \(TextFormat.thousands(overview.testImages)) test images: \(overview.origin)"
    )
    for text in start.notes { progress.note(text.hasPrefix("warning: ") ? "densenet: \(text)" : text) }
    progress.note("writing \(start.folder.url.relativePath)")
  }

  private func beginEpoch(_ epoch: Int) {
    let state = state.withLock { state in
      defer { state.seen = 0 }
      return state
    }
    guard let overview = state.overview else { return }
    state.progress?.begin(
      overview.name(ofEpoch: epoch), total: overview.trainImages, completed: state.seen,
      cost: overview.cost(inEpoch: epoch))
  }

  private func step(_ event: Trainer.StepEvent) {
    let loss = TextFormat.fixed(event.metrics.loss, decimals: 3)
    let accuracy = TextFormat.fixed(event.metrics.accuracy, decimals: 3)
    progress?.update(completed: event.metrics.examples, detail: "loss \(loss)  acc \(accuracy)")
  }

  private func endEpoch(_ event: EpochResult) {
    progress?.finish(state.withLock { $0.overview }?.line(of: event) ?? "")
  }

  /// The chapter's plot, as it grows.
  private func plot(_ curves: LearningCurves) {
    guard plots, let progress else { return }
    let width = Terminal.width
    let plot = TerminalPlot(unicode: Terminal.showsUnicode, colored: true)
    progress.show(below: plot.lines(curves, width: width - 1, height: min(16, Terminal.height - 3)), width: width)
  }
}
