import DenseNetData
import DenseNetIO
public import DenseNets
public import Foundation

/// What the folder of a run says for resuming it: its `config.json`, of this version or an older one.
///
/// All settings are read as they were resolved: a default that has changed since, or an option that has another name now,
/// changes nothing.
public struct SavedRun: Sendable {
  /// The command line that began the run; empty where another program did.
  public let arguments: [String]
  /// The folder that the run's paths are told from; nil: this process's.
  public let workingFolder: String?
  /// Whether the settings say where the images are. Runs of versions up to 0.1.0 do not.
  public var namesDataset: Bool { choices != nil }
  /// When the run was begun.
  let started: String?
  /// ``RunConfig/planChanges``.
  let planChanges: [String]
  /// ``RunConfig/resumedArguments``.
  let resumedArguments: [[String]]
  /// ``RunFingerprint/settings``, as any version wrote them.
  let fingerprint: [String: String]
  let choices: RunConfig.Choices?
  private let place: String
  private let data: Data

  /// - Returns: nil where the folder holds no run yet.
  /// - Throws: `Failure(.invalidData)` where its `config.json` is not one of a training run.
  public init?(contentsOf folder: URL) throws(Failure) {
    let url = RunDirectory(at: folder).configURL
    guard let data = FileManager.default.contents(atPath: url.path) else { return nil }
    (self.data, place) = (data, url.relativePath)
    let head = try Self.decode(Head.self, from: data, place)
    (arguments, workingFolder) = (head.arguments ?? [], head.workingFolder)
    (fingerprint, choices) = (head.course, head.choices)
    (started, planChanges) = (head.started, head.planChanges ?? [])
    resumedArguments = head.resumedArguments ?? []
  }

  /// The settings of the run, to resume it.
  /// - Parameter dataset: in place of what the settings say; needed where a run of the user's own images does not say it.
  /// - Throws: `Failure(.invalidData)` where settings are missing or make no sense.
  public func options(dataset: DatasetChoice? = nil) throws(Failure) -> TrainingOptions {
    let saved = try Self.decode(Settings.self, from: data, place)
    guard let precision = Precision(rawValue: saved.precision),
      let convolution = ConvolutionChoice(rawValue: saved.convolution)
    else { throw Self.unreadable(place) }
    var options = TrainingOptions()
    if let dataset { options.dataset = dataset } else { options.dataset = try self.dataset(saved) }
    options.dataset.hasTwoParts = saved.dataset.validationExamples == nil
    options.limitsTakeTheFirst = choices?.limitRule == nil
    (options.trainLimit, options.testLimit) =
      options.limitsTakeTheFirst
      ? (saved.dataset.trainExamples, saved.dataset.testExamples) : (choices?.trainLimit, choices?.testLimit)
    options.recipe = try recipe()
    options.network = ChosenModel(name: saved.model, configuration: try network())
    options.images.preprocessing = saved.preprocessing
    options.maxSteps = saved.maxSteps
    if fingerprint["initial_weights"] ?? Self.seedsWeights != Self.seedsWeights {
      (options.initialWeights, options.numClasses) = (path(saved.initialization), saved.dataset.classes.count)
      options.initialEntry = choices?.entry
    }
    if let choices { options.checkpoints = choices.checkpoints }
    options.fineTuning = try fineTuning()
    options.compute.threads = choices?.threads
    options.compute.precision = precision
    options.compute.convolution = convolution
    options.compute.memoryEfficient = saved.memoryEfficient ?? false
    options.compute.instructionSet = Self.instructionSet(saved.instructionSet)
    (options.seed, options.shuffles) = (saved.seed, saved.shuffle)
    options.resumes = true
    return options
  }

  private static let seedsWeights = "from the seed"

  /// The run's, where the machine has it and `DENSENET_ISA` asks for no other.
  private static func instructionSet(_ name: String?) -> InstructionSet? {
    guard ProcessInfo.processInfo.environment["DENSENET_ISA"]?.isEmpty ?? true else { return nil }
    return name.flatMap(InstructionSet.init(rawValue:)).flatMap { $0.isAvailable ? $0 : nil }
  }

  /// A path of the run's as it is told from here. Where its working folder is gone, the run has been moved, and what
  /// it needs is looked for from here.
  private func path(_ path: String) -> String {
    let files = FileManager.default
    guard let workingFolder, !path.hasPrefix("/"), workingFolder != files.currentDirectoryPath,
      files.fileExists(atPath: workingFolder)
    else { return path }
    return workingFolder + "/" + path
  }

  private func dataset(_ saved: Settings) throws(Failure) -> DatasetChoice {
    guard let choices else {
      guard DatasetFinder.knownNames.contains(saved.dataset.name) else {
        throw Failure(
          .invalidData,
          "\(place): does not record where the images of \(saved.dataset.name) are; name the dataset",
          settings: ["dataset"])
      }
      return .named(saved.dataset.name)
    }
    var choice = choices.dataset.map { DatasetChoice($0) } ?? DatasetChoice()
    switch choice.source {
    case .folder(let folder)?: choice.source = .folder(path(folder))
    case .table(let file)?: choice.source = .table(path(file))
    case .named?, nil: break
    }
    choice.directory = choices.dataDirectory.map(path)
    // Older versions knew one share.
    (choice.testShare, choice.validationShare) =
      choices.limitRule == nil ? (nil, choices.testShare) : (choices.testShare, choices.validationShare)
    choice.splitSeed = choices.splitSeed ?? 0
    choice.columns = choices.columns ?? TableColumns()
    return choice
  }
}

extension TrainingOptions {
  /// The settings of a run that was left before its end, to resume it.
  ///
  /// ```swift
  /// let run = try await TrainingTask(TrainingOptions(resuming: "runs/photos")).run()
  /// ```
  /// - Parameters:
  ///   - output: the run's folder.
  ///   - dataset: needed where a version up to 0.1.0 began the run, on the user's own images.
  /// - Throws: `Failure(.missingInput)` where the folder holds no run, `Failure(.invalidData)` where its settings cannot be
  ///   read.
  public init(resuming output: String, dataset: DatasetChoice? = nil) throws(Failure) {
    guard let saved = try SavedRun(contentsOf: URL(fileURLWithPath: output)) else {
      throw Failure(
        .missingInput, "\(output): expected the folder of a run to resume, found none; check the path",
        settings: ["output"])
    }
    self = try saved.options(dataset: dataset)
    self.output = output
  }
}

// MARK: - Decoding

extension SavedRun {
  private struct Head: Decodable {
    let arguments: [String]?
    let started: String?
    let planChanges: [String]?
    let resumedArguments: [[String]]?
    let workingFolder: String?
    let course: [String: String]
    let choices: RunConfig.Choices?
  }

  private struct Settings: Decodable {
    struct Dataset: Decodable {
      let name: String
      let trainExamples: Int
      let validationExamples: Int?
      let testExamples: Int
      let classes: [String]
    }

    let model: String
    let dataset: Dataset
    let preprocessing: Preprocessing
    let precision: String
    let convolution: String
    let memoryEfficient: Bool?
    let instructionSet: String?
    let seed: UInt64
    let initialization: String
    let shuffle: Bool
    let maxSteps: Int?
  }

  private static func decode<T: Decodable>(_ type: T.Type, from data: Data, _ place: String) throws(Failure) -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do { return try decoder.decode(type, from: data) } catch { throw unreadable(place) }
  }

  private static func unreadable(_ place: String) -> Failure {
    Failure(
      .invalidData, "\(place): expected the settings of a training run, found others; choose another folder",
      settings: ["output"])
  }

  private func network() throws(Failure) -> DenseNet.Configuration {
    struct Network: Decodable { let network: DenseNet.Configuration }
    // Its keys are in snake case of themselves.
    do { return try JSONDecoder().decode(Network.self, from: data).network } catch { throw Self.unreadable(place) }
  }

  /// What a recipe of an older version does not have is as in the chapter's.
  private func recipe() throws(Failure) -> Recipe {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      let usual = try JSONSerialization.jsonObject(with: try encoder.encode(Recipe.d2l))
      let saved = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
      guard let recipe = Self.merge(saved["recipe"] ?? [:], over: usual) as? [String: Any] else {
        throw Self.unreadable(place)
      }
      return try Self.decode(Recipe.self, from: try JSONSerialization.data(withJSONObject: recipe), place)
    } catch { throw Self.unreadable(place) }
  }

  private static func merge(_ value: Any, over usual: Any) -> Any {
    guard let value = value as? [String: Any], var result = usual as? [String: Any] else { return value }
    // Another case of an enumeration, such as a schedule's shape.
    if value.count == 1, result.count == 1, Set(value.keys) != Set(result.keys) { return value }
    for (key, member) in value { result[key] = result[key].map { merge(member, over: $0) } ?? member }
    return result
  }

  private func fineTuning() throws(Failure) -> TrainingOptions.FineTuningOptions {
    var result = TrainingOptions.FineTuningOptions()
    if fingerprint["freeze.features"] != nil { result.freeze = .features }
    if let text = fingerprint["freeze.blocks._0"] {
      guard let blocks = Int(text) else { throw Self.unreadable(place) }
      result.freeze = .blocks(blocks)
    }
    result.freezeNorm = fingerprint["freeze_norm"] == "1"
    if let text = fingerprint["features_lr_scale"] {
      guard let scale = Double(text) else { throw Self.unreadable(place) }
      result.featuresLearningRateScale = scale
    }
    return result
  }
}
