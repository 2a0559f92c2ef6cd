import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// What a person sees of a tabular run.
final class TabularDisplay {
  private let errorName: String
  private let quiet: Bool
  private let command: any ParsableCommand
  private var progress: ProgressBar?
  private var folds = 0

  init(errorName: String, quiet: Bool, command: any ParsableCommand) {
    (self.errorName, self.quiet, self.command) = (errorName, quiet, command)
  }

  var events: TabularEvents {
    var events = TabularEvents()
    events.warning = { [command] in printError("warning: \($0.line(of: command))") }
    events.begins = { [self] in begin($0) }
    events.foldBegins = { [self] in progress?.begin("fold \($0 + 1)/\(folds)", total: $1) }
    events.epochEnds = { [self] in
      progress?.update(completed: $0, detail: "loss \(TextFormat.fixed($1, decimals: 4))")
    }
    events.foldEnds = { [self] in progress?.finish("fold \($0 + 1)/\(folds)  \(errorName) \(shown($1))") }
    return events
  }

  private func begin(_ overview: TabularEvents.Overview) {
    folds = overview.folds
    let progress = ProgressBar(style: .automatic(quiet: quiet), plannedWork: overview.plannedRows)
    self.progress = progress
    if !quiet { for note in overview.notes { printError("note: \(note.line(of: command))") } }
    progress.note(
      "\(TextFormat.thousands(overview.rows)) rows, \(folds) folds; writing \(overview.folder.url.relativePath)")
  }

  func end() { progress?.finish() }

  func closingLines(_ summary: TabularSummary, _ place: String) -> String {
    let errors = summary.errors.ofFolds.map(shown).joined(separator: ", ")
    let line = "\(errorName) \(shown(summary.errors.mean)) in \(summary.folds)-fold cross-validation (\(errors))"
    guard let rows = summary.testRows else { return line }
    return "\(line)\n\(TextFormat.thousands(rows)) predictions in \(place)/submission.csv"
  }

  /// An error of a logarithm to four digits, one of prices without superfluous ones.
  private func shown(_ error: Double) -> String { TextFormat.fixed(error, decimals: error < 100 ? 4 : 1) }
}

extension TableRemark {
  /// The remark as a command reports it, with the options to change.
  func line(of command: any ParsableCommand) -> String {
    Failure(.invalidData, text, settings: settings).line(of: command)
  }
}
