import DenseNetData
import DenseNets

extension ImageSource {
  /// Images that are named; the others are counted.
  private static let namedLimit = 20

  /// From a user's own images to datasets that can be trained on: found, split, and each looked at once.
  /// - Throws: `Failure` where images and classes do not agree, or too many images are damaged.
  func load(_ rule: SplitRule, _ monitor: TaskMonitor) throws -> DatasetSplits {
    let found = try splits(rule)
    for warning in found.warnings { monitor.warning(warning) }
    for note in found.notes { monitor.note(note) }
    let total = found.count
    monitor.stageBegins(.init("checking images", total: total))
    let (sound, skipped) = try found.checked { monitor.advanced($0) }
    monitor.stageEnds()
    for image in skipped.prefix(Self.namedLimit) { monitor.leftOut("\(image.failure)") }
    for warning in sound.warnings.dropFirst(found.warnings.count) { monitor.warning(warning) }
    var warnings = sound.warnings
    if !skipped.isEmpty {
      let warning = "left out \(skipped.count) of \(total) images that cannot be read"
      monitor.warning("\(warning)\(skipped.count > Self.namedLimit ? ", the first of them named above" : "")")
      warnings.append(warning)
    }
    var result = DatasetSplits(
      train: sound.train, validation: sound.validation, test: sound.test, origin: found.origin, warnings: warnings)
    if try !isSplit() { result.rule = rule }
    (result.carved, result.shapes) = (found.carved, sound.shapes)
    return result
  }
}
