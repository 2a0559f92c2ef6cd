import DenseNetReports
import DenseNetTasks
import DenseNets

/// Shows a task's progress and messages on standard error.
struct ConsoleMonitor: Sendable {
  let progress: ProgressBar
  let monitor: TaskMonitor

  /// - Parameter countsAsWork: whether its stages are what the user waits for, with a rate and the time that is left.
  init(quiet: Bool, countsAsWork: Bool = false) {
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    self.progress = progress
    var monitor = TaskMonitor()
    monitor.note = { printError("note: \($0)") }
    monitor.warning = { printError("warning: \($0)") }
    monitor.leftOut = { printError($0) }
    monitor.stageBegins = {
      progress.begin($0.name, total: $0.total, unit: $0.unit == .bytes ? .bytes : .examples, countsAsWork: countsAsWork)
    }
    monitor.advanced = { progress.update(completed: $0) }
    monitor.stageEnds = { progress.finish() }
    monitor.names = { Failure.names(of: $0) }
    monitor.shouldStop = { Interrupts.requested }
    self.monitor = monitor
  }
}
