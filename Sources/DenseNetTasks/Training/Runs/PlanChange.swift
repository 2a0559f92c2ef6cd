import DenseNets

/// A resumed run's new length: other epochs, updates or patience than it had, and with them perhaps another rate.
struct PlanChange {
  private let old: [String: String]
  private let new: [String: String]
  /// The settings that differ.
  private let keys: [String]

  /// - Parameters:
  ///   - old: ``RunFingerprint/settings`` of the run.
  ///   - new: of the same run, as it is to be resumed.
  /// - Returns: nil where the length is the same.
  init?(_ old: [String: String], _ new: [String: String]) {
    func differ(_ key: String) -> Bool { RunFingerprint.value(old, key) != RunFingerprint.value(new, key) }
    guard RunFingerprint.lengthKeys.contains(where: differ) else { return nil }
    (self.old, self.new) = (old, new)
    keys = RunFingerprint.lengthKeys.union([RunFingerprint.rateKey]).filter(differ).sorted()
  }

  /// What may differ between the run's settings, its checkpoints', and the new ones.
  static func ignored(_ old: [String: String], _ new: [String: String]) -> Set<String> {
    var keys = RunFingerprint.lengthKeys.union([RunFingerprint.rateKey])
    if keepsFloor(old, new) { keys.insert(RunFingerprint.floorKey) }
    if keepsSizes(old, new) { keys.insert(RunFingerprint.sizesKey) }
    return keys
  }

  /// Whether nothing but the length of the last size is another.
  private static func keepsSizes(_ old: [String: String], _ new: [String: String]) -> Bool {
    let sizes = [old, new].compactMap { $0[RunFingerprint.sizesKey].flatMap { try? ProgressiveSizes($0) } }
    return sizes.count == 2 && sizes[0].differsInLengthAlone(from: sizes[1])
  }

  /// Whether cosines end at the same rate. Both are told in units of their peaks.
  private static func keepsFloor(_ old: [String: String], _ new: [String: String]) -> Bool {
    func floor(_ settings: [String: String]) -> Double? {
      guard let minimum = settings[RunFingerprint.floorKey].flatMap(Double.init),
        let rate = Double(RunFingerprint.value(settings, RunFingerprint.rateKey))
      else { return nil }
      return minimum * rate
    }
    guard let before = floor(old), let after = floor(new) else { return false }
    return abs(before - after) <= 1e-12 * before
  }

  /// For `config.json`: `after step 40: recipe.epochs 20 → 40`.
  func text(after step: Int) -> String {
    let changes = keys.map { "\($0) \(RunFingerprint.value(old, $0)) → \(RunFingerprint.value(new, $0))" }
    return "after step \(step): \(changes.joined(separator: ", "))"
  }

  /// What a person should know of it.
  /// - Parameter done: epochs that are complete.
  func note(_ plan: TrainingPlan, done: Int) -> String {
    var words: [String] = []
    for key in keys {
      let (before, after) = (RunFingerprint.value(old, key), RunFingerprint.value(new, key))
      switch key {
      case "recipe.epochs": words.append("\(after) epochs instead of \(before)")
      case "max_steps": words.append("\(Self.number(after)) updates instead of \(Self.number(before))")
      case "recipe.patience": words.append("a patience of \(Self.number(after)) instead of \(Self.number(before))")
      default: words.append("a learning rate of \(after) instead of \(before)")
      }
    }
    let text = "the run continues with \(words.joined(separator: ", ")); \(Self.rates(plan, done: done))"
    guard let maxSteps = plan.maxSteps, maxSteps < plan.scheduledSteps, !keys.contains("max_steps") else { return text }
    let epoch = (maxSteps + plan.stepsPerEpoch - 1) / plan.stepsPerEpoch
    return "\(text); max steps: it still ends after update \(maxSteps), in epoch \(epoch)"
  }

  private static func number(_ text: String) -> String { text == "nothing" ? "none" : text }

  /// What the rate follows from now on.
  private static func rates(_ plan: TrainingPlan, done: Int) -> String {
    let epochs = plan.epochs
    switch plan.schedule?.shape {
    case .cosine?, .oneCycle?:
      return
        "the learning rate is now that of a run of \(epochs) epochs from its start, without a second warm-up, but the first \(done) were trained by another plan, so the weights are not those of such a run"
    default: return "the learning rate is that of a run of \(epochs) epochs from its start, without a second warm-up"
    }
  }
}
