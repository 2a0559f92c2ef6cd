import DenseNetData
import DenseNetReports
import DenseNets

/// From a user's own images to datasets that can be trained on: found, split, and each looked at once.
struct ImageSourceLoading {
  /// Images that are named; the others are counted.
  private static let namedLimit = 20

  let source: ImageSource
  let rule: SplitRule
  let quiet: Bool

  init(_ source: ImageSource, rule: SplitRule, quiet: Bool) {
    (self.source, self.rule, self.quiet) = (source, rule, quiet)
  }

  /// - Throws: `Failure` where images and classes do not agree, or too many images are damaged.
  func load() throws -> DatasetSplits {
    let found = try source.splits(rule)
    for warning in found.warnings { printError("warning: \(warning)") }
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    let total = found.train.count + found.test.count
    progress.begin("looking at images", total: total, countsAsWork: false)
    let (sound, skipped) = try found.checked { progress.update(completed: $0) }
    progress.finish()
    for image in skipped.prefix(Self.namedLimit) { printError("\(image.failure)") }
    var warnings = found.warnings
    if !skipped.isEmpty {
      let warning = "left out \(skipped.count) of \(total) images that cannot be read"
      printError("warning: \(warning)\(skipped.count > Self.namedLimit ? ", the first of them named above" : "")")
      warnings.append(warning)
    }
    return DatasetSplits(train: sound.train, test: sound.test, origin: found.origin, warnings: warnings)
  }
}
