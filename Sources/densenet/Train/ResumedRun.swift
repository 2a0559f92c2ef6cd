import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

/// The run that `--resume` names, with what the command line changes of it.
enum ResumedRun {
  /// The run's own settings, and those that are given in place of them; nil where a new run is to begin.
  static func options(of command: TrainCommand) throws -> TrainingOptions? {
    guard command.checkpoints.resume, let output = command.output else { return nil }
    let given = GivenOptions(CommandLine.arguments.dropFirst(2))
    guard let saved = try SavedRun(contentsOf: output.url) else {
      guard given.nameOnlyTheRun else { return nil }
      throw Failure(
        .missingInput,
        "\(output.text): expected the folder of a run to resume, found none; check --output, or give the options of a new run with it"
      )
    }
    // What is given is named from here, before the run's own place is entered.
    let training = command.training
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let place = enter(saved.workingFolder, output)
    let moved = FileManager.default.currentDirectoryPath != here.path
    let old = saved.namesDataset ? nil : OldArguments(saved.arguments)
    let dataset = given.contains("--dataset") && old != nil ? training.data.choice : old?.dataset
    var options = try saved.options(dataset: dataset)
    if let old { options.compute.threads = old.threads }
    try training.change(&options, given) { moved && !$0.hasPrefix("/") ? here.appending(path: $0).path : $0 }
    if let maxSteps = command.maxSteps { options.maxSteps = maxSteps.value }
    options.output = place.text
    command.checkpoints.change(&options.checkpoints)
    if given.contains("--keep-checkpoints") { options.checkpoints.kept = command.checkpoints.keepCheckpoints.value }
    options.program = command.program
    return options
  }

  /// Goes where the run was begun, so that its paths hold.
  /// - Returns: the run's folder as it is called there.
  private static func enter(_ folder: String?, _ output: Path) -> Path {
    let files = FileManager.default
    guard let folder, folder != files.currentDirectoryPath else { return output }
    let absolute = Path(text: output.url.path)
    return files.changeCurrentDirectoryPath(folder) ? absolute : output
  }
}

/// The options that a command line gives, by name.
struct GivenOptions {
  private let names: Set<String>

  init(_ arguments: some Sequence<String>) {
    names = Set(arguments.map { String($0.prefix { $0 != "=" }) }.filter { $0.hasPrefix("--") })
  }

  func contains(_ names: String...) -> Bool { !self.names.isDisjoint(with: names) }

  /// Whether nothing is given that a new run would be begun with: none is begun where a longer one was meant.
  var nameOnlyTheRun: Bool {
    names.isSubset(of: [
      "--resume", "--from-start", "--plot", "--quiet", "--json", "--output", "--threads", "--checkpoint-steps",
      "--checkpoint-minutes", "--keep-checkpoints", "--data-dir", "--epochs", "--lr", "--max-steps", "--patience",
    ])
  }
}

extension TrainingArguments {
  /// Puts what is given in place of the settings of a run that is resumed.
  /// - Parameter path: a given path, as it is told from the run's place.
  func change(_ options: inout TrainingOptions, _ given: GivenOptions, path: (String) -> String) throws {
    let isOwn = !given.contains("--recipe") || recipe.recipe == options.recipe.name
    var changed = try recipe.resolve(over: isOwn ? options.recipe : nil)
    // No recipe says anything of these.
    (changed.posWeight, changed.threshold) = (options.recipe.posWeight, options.recipe.threshold)
    options.recipe = changed
    labels.change(&options.recipe)
    augmentation.change(&options.recipe.augmentation)
    changeImages(&options, given)
    if model.choice != ModelChoice() {
      let base = model.model == nil ? options.network : nil
      options.network = try base.map {
        try model.choice.resolve(card: ModelCard(model: $0.name, configuration: $0.configuration))
      }
      options.model = model.choice
      if let file = model.model, file.hasSuffix(".json") { options.model.name = path(file) }
    }
    data.change(&options.dataset, given, path: path)
    if let weights = initialWeights { options.initialWeights = path(weights.text) }
    if let entry = entry.entry { options.initialEntry = entry }
    if let numClasses { options.numClasses = numClasses.value }
    let tuning = fineTuning.options
    if let part = tuning.freeze { options.fineTuning.freeze = part }
    if tuning.freezeNorm { options.fineTuning.freezeNorm = true }
    if let scale = fineTuning.featuresLrScale { options.fineTuning.featuresLearningRateScale = scale.value }
    let compute = try compute.options()
    if let threads = compute.threads { options.compute.threads = threads }
    if given.contains("--precision") { options.compute.precision = compute.precision }
    if given.contains("--convolution") { options.compute.convolution = compute.convolution }
    if memory.memoryEfficient { options.compute.memoryEfficient = true }
    if given.contains("--seed") { options.seed = seed.value }
    if noShuffle { options.shuffles = false }
    if let trainLimit { options.trainLimit = trainLimit.value }
    if let limit = data.testLimit { options.testLimit = limit.value }
  }

  /// What is not given of size, fit and normalisation is the run's.
  private func changeImages(_ options: inout TrainingOptions, _ given: GivenOptions) {
    guard given.contains("--resize", "--fit", "--normalize", "--grey"), let own = options.images.preprocessing else {
      return
    }
    options.images = augmentation.images
    options.images.size = data.resize?.value
    options.images.usual = own
    options.images.isGrey = augmentation.grey || own.inputChannels == 1
  }
}

extension DataOptions {
  fileprivate func change(_ choice: inout DatasetChoice, _ given: GivenOptions, path: (String) -> String) {
    switch self.choice.source {
    case .folder(let folder)?: choice.source = .folder(path(folder))
    case .table(let file)?: choice.source = .table(path(file))
    case .named(let name)?: choice.source = .named(name)
    case nil: break
    }
    if let dataDir { choice.directory = path(dataDir.text) }
    if let valShare { choice.validationShare = valShare }
    if let testShare { choice.testShare = testShare }
    if given.contains("--split-seed") { choice.splitSeed = splitSeed.value }
    table.change(&choice.columns)
  }
}
