package import DenseNetIO
package import DenseNetReports
import DenseNets

/// A run directory as the values that pages show.
extension RunRecord {
  private var model: String? { summary?.model ?? config["model"]?.text }
  private var dataset: String? { summary?.dataset ?? config["dataset.name"]?.text }

  /// `d2l on fashion-mnist`; where the folder does not say, its name.
  package var title: String {
    guard let model, let dataset else { return name }
    return "\(model) on \(dataset)"
  }

  package var facts: [String] {
    let count = config["dataset.train_examples"]
    let tests = config["dataset.test_examples"]
    var facts = [name]
    if let count, let tests {
      let validation = config["dataset.validation_examples"].map { ", \($0.thousands) validation" } ?? ""
      facts.append("\(count.thousands) training\(validation) and \(tests.thousands) test images")
    }
    if let epochs = summary?.epochs ?? metrics.epochs.last?.epoch { facts.append(TextFormat.count(epochs, "epoch")) }
    if case .string(let text)? = config["recipe.progressive"], let sizes = try? ProgressiveSizes(text) {
      facts.append("images of \(sizes.stages.map { "\($0.size)×\($0.size)" }.joined(separator: ", then "))")
    }
    if let started = config["started"] { facts.append("started \(started.time)") }
    if summary == nil { facts.append("unfinished: \(TextFormat.count(metrics.lastStep, "step")) so far") }
    return facts
  }

  package var results: ReportPage.Results? {
    summary.map { summary in
      var results = ReportPage.Results(
        trainLoss: summary.trainLoss, trainAccuracy: summary.trainAccuracy, testLoss: summary.testLoss,
        testAccuracy: summary.testAccuracy, examplesPerSecond: summary.examplesPerSecond, seconds: summary.seconds,
        peakMemoryBytes: summary.peakMemoryBytes, parameters: summary.parameters)
      (results.validationLoss, results.validationAccuracy) = (summary.validationLoss, summary.validationAccuracy)
      if summary.namesBest {
        results.bestTestAccuracy = summary.bestTestAccuracy.isFinite ? summary.bestTestAccuracy : nil
        (results.bestEpoch, results.bestValidationAccuracy) = (summary.bestEpoch, summary.bestValidationAccuracy)
      }
      (results.meanAUROC, results.bestMeanAUROC) = (summary.meanAUROC, summary.bestMeanAUROC)
      results.validationMeanAUROC = summary.validationMeanAUROC
      results.bestValidationMeanAUROC = summary.bestValidationMeanAUROC
      return results
    }
  }

  package var curves: RunCurves {
    var epochs = summary?.epochs ?? 0
    if case .integer(let planned)? = config["epochs"] { epochs = planned }
    var curves = RunCurves(epochs: epochs)
    curves.trainLossTerms = trainLossTerms
    for point in metrics.train {
      curves.trainLoss.append(.init(epoch: point.epoch, value: point.loss))
      curves.trainAccuracy.append(.init(epoch: point.epoch, value: point.accuracy))
      if let rate = point.learningRate { curves.learningRate.append(.init(epoch: point.epoch, value: rate)) }
    }
    for point in metrics.epochs {
      let epoch = Double(point.epoch)
      if point.validationLoss != nil { curves.heldOut = "validation" }
      if let loss = point.validationLoss ?? point.testLoss { curves.testLoss.append(.init(epoch: epoch, value: loss)) }
      if let accuracy = point.validationAccuracy ?? point.testAccuracy {
        curves.testAccuracy.append(.init(epoch: epoch, value: accuracy))
      }
      if let mean = point.ranking?.meanAUROC { curves.meanAUROC.append(.init(epoch: epoch, value: mean)) }
      if let mean = point.ranking?.meanAveragePrecision {
        curves.meanAveragePrecision.append(.init(epoch: epoch, value: mean))
      }
      curves.examplesPerSecond.append(.init(epoch: epoch, value: point.examplesPerSecond))
      if let share = point.waitingShare { curves.waitingShare.append(.init(epoch: epoch, value: share)) }
    }
    return curves
  }

  private var trainLossTerms: [String] {
    func number(_ key: String) -> String? {
      config[key].flatMap { Double($0.text) ?? 0 > 0 ? $0.text : nil }
    }
    return [
      config["recipe.class_weights"].flatMap { $0.text == Recipe.ClassWeights.none.rawValue ? nil : "class weights" },
      config["recipe.pos_weight"].flatMap { $0 == .null ? nil : "weights of positives" },
      number("recipe.label_smoothing").map { "label smoothing \($0)" },
      number("recipe.augmentation.mixup").map { "mixup \($0)" },
      number("recipe.augmentation.cutmix").map { "CutMix \($0)" },
    ].compactMap(\.self)
  }

  /// On which images the thresholds were chosen; nil: not by results.
  package var thresholdNote: String? {
    guard config["recipe.threshold"] == .string(Recipe.DecisionThreshold.bestF1.text) else { return nil }
    return config["dataset.validation_examples"] == nil
      ? "The thresholds are those of the best F1 on these test images, so precision, recall and F1 are too high for new "
        + "ones."
      : "The thresholds are those of the best F1 on the validation images."
  }

  /// Where, when and on what the run was made.
  package var environment: [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    func add(_ key: String, _ value: JSONValue?) {
      if let value, value != .null { pairs.append((key, value.text)) }
    }
    add("densenet", config["version"])
    add("command", config["arguments"].map { .string($0.words) })
    if case .array(let commands)? = config["resumed_arguments"] {
      for command in commands { add("resumed by", .string(command.words)) }
    }
    add("begun", config["started"].map { .string($0.time) })
    add("processor", config["machine.processor"])
    add("architecture", config["machine.architecture"])
    add("instruction set", config["instruction_set"])
    add("logical processors", config["machine.logical_processors"])
    add("threads", config["threads"])
    if case .integer(let bytes)? = config["machine.memory_bytes"] { pairs.append(("memory", TextFormat.bytes(bytes))) }
    add("operating system", config["machine.operating_system"])
    return pairs
  }
}

extension JSONValue {
  fileprivate var thousands: String {
    if case .integer(let value) = self { TextFormat.thousands(value) } else { text }
  }

  /// A moment such as `2026-11-24T15:44:32Z` as people read it.
  fileprivate var time: String { text.replacing("T", with: " ").replacing("Z", with: " UTC") }

  /// An array of words as a command line.
  fileprivate var words: String {
    guard case .array(let words) = self else { return text }
    return (["densenet"] + words.map { $0.text.contains(" ") ? "'\($0.text)'" : $0.text }).joined(separator: " ")
  }
}
