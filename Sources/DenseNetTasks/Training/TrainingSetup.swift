import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// What a training run is made of, checked as far as it can be before the first file is written.
struct TrainingSetup {
  /// What the options name, brought here.
  struct Parts {
    let splits: DatasetSplits
    let weights: WeightsFile?
  }

  let options: TrainingOptions
  let device: Device
  let train: any LabeledImages
  /// What the best epoch is chosen on; nil: the test images.
  let validation: (any LabeledImages)?
  /// Empty where all images are for training.
  let test: any LabeledImages
  let origin: String
  let chosen: ChosenModel
  /// The height and width of the images, in the last epoch.
  let side: Int
  let preprocessing: Preprocessing
  /// What a crop cuts off the images, for a person to read; nil: next to nothing.
  let croppedEdges: String?
  let model: DenseNet
  let trainer: Trainer
  let team: Team
  /// What the weights say of the images that they are trained on.
  private let provenance: [String: String]
  let fingerprint: RunFingerprint

  var recipe: Recipe { options.recipe }

  /// - Parameter team: the processes that train the network; by default this one alone.
  init(
    _ options: TrainingOptions, _ parts: Parts, device: Device, team: Team = Team(replicas: nil), monitor: TaskMonitor
  ) throws {
    self.team = team
    let (splits, initialWeights, recipe) = (parts.splits, parts.weights, options.recipe)
    (self.options, self.device, origin) = (options, device, splits.origin)
    train = options.limited(splits.train, to: options.trainLimit)
    validation = splits.validation.map { options.limited($0, to: options.testLimit) }
    test = options.limited(splits.test, to: options.testLimit)
    for (images, all) in [(train, splits.train), (validation, splits.validation), (test, splits.test)] {
      guard let images, let all, let line = LimitWarning.text(images, of: all) else { continue }
      monitor.warning(line)
    }
    chosen = try options.chosenModel(weights: initialWeights, images: train)
    if let classes = options.numClasses, classes != train.numClasses {
      throw Failure(
        .usage, "expected \(train.numClasses) classes, those of \(train.name), found \(classes)",
        settings: ["numClasses"])
    }
    let before = try options.images.usual ?? Self.preprocessing(of: initialWeights, chosen)
    side =
      recipe.progressive?.last ?? options.images.preprocessing?.squareSide ?? options.images.size ?? before?.squareSide
      ?? recipe.resize ?? chosen.imageSide
    preprocessing = try options.images.preprocessing(of: train, side: side, weights: before, recipe: recipe.normalize)
    croppedEdges = splits.shapes.croppedEdges(by: preprocessing)
    if let dark = splits.shapes.darkness { monitor.warning(dark) }
    let model = DenseNet(chosen.configuration, initialization: nil)
    self.model = model
    model.memoryEfficient = options.compute.memoryEfficient
    let held = max(test.count, validation?.count ?? 0)
    try Self.requireMemory(options, team, train: train.count, test: held, side: side, model, device)
    try Self.setWeights(of: model, options, initialWeights, train: train, monitor)
    if let initialWeights, let before {
      monitor.note(
        Self.note(preprocessing, before, of: initialWeights), settings: ["imageSize", "fit", "normalization"])
    }
    if recipe.threshold == .bestF1, validation == nil, test.count > 0 {
      monitor.note("the thresholds of best F1 are chosen on the test images, so their F1 there is too good")
    }
    if test.count == 0 {
      if recipe.patience != nil {
        throw Failure(
          .usage, "patience: expected images to test on with it, found none; hold some out, or leave it out",
          settings: ["patience"])
      }
      monitor.note("all images are for training: no accuracy will be known but that of training")
    }
    if case .step(let milestones, _) = recipe.schedule.shape, let first = milestones.first, first >= recipe.epochs {
      monitor.warning(
        "no milestone of the schedule (\(milestones.map(String.init).joined(separator: ", "))) lies before the end of \(recipe.epochs) epoch\(recipe.epochs == 1 ? "" : "s"): the learning rate never falls",
        settings: ["milestones", "epochs"])
    }
    let groups = try options.fineTuning.apply(to: model, weightDecay: recipe.weightDecay)
    trainer = Trainer(
      model: model, optimizer: recipe.makeOptimizer(groups), loss: try recipe.makeLoss(for: train),
      average: recipe.averageDecay.map { ExponentialMovingAverage(of: model, decay: $0) }, replicas: team.replicas,
      batchNorm: options.batchNorm)
    // The weights of runs of older versions stay as these write them.
    provenance =
      options.limitsTakeTheFirst
      ? [:] : try TrainingImages.metadata(of: train, splits, columns: options.dataset.columns)
    fingerprint = RunFingerprint(
      options, chosen.configuration, train: train, validation: validation, test: test, preprocessing,
      weights: initialWeights, instructionSet: device.instructionSet)
    warnOfCopies(monitor)
  }

  /// How the images were prepared that the weights were trained on: as they say, or as those of such published networks.
  private static func preprocessing(of weights: WeightsFile?, _ chosen: ChosenModel) throws -> Preprocessing? {
    guard let weights else { return nil }
    if let stated = try weights.card.preprocessing?.value { return stated }
    let usual = chosen.standardPreprocessing
    return usual.mean == Preprocessing.imageNet.mean ? usual : nil
  }

  private static func note(_ preprocessing: Preprocessing, _ before: Preprocessing, of weights: WeightsFile) -> String {
    let isSame =
      preprocessing.mean == before.mean && preprocessing.std == before.std
      && preprocessing.squareSide == before.squareSide
    return isSame
      ? "images are prepared as those of \(weights.source) were, unless their size, fit or normalization is given"
      : "images differ in size or normalisation from those of \(weights.source)"
  }

  private static func setWeights(
    of model: DenseNet, _ options: TrainingOptions, _ weights: WeightsFile?, train: any LabeledImages,
    _ monitor: TaskMonitor
  ) throws {
    guard let weights else { return model.initialize(seed: options.seed) }
    if options.numClasses == nil, let classes = weights.numClasses(of: model), classes != train.numClasses {
      throw Failure(
        .invalidData,
        "\(weights.source): expected \(train.numClasses) classes as \(train.name) has, found \(classes); ask for \(train.numClasses) classes to get a new, untrained classifier",
        settings: ["numClasses"])
    }
    let notes = try weights.load(
      into: model, classes: options.numClasses == nil ? .exact : .reinitialized(seed: options.seed),
      inputChannels: .adapted)
    for line in notes.lines { monitor.note(line) }
    let (before, now) = (weights.card.classNames ?? [], train.classNames)
    if options.numClasses == nil, before.count == now.count, before != now {
      monitor.warning(
        "\(weights.source): its classifier is of other classes (\(before.prefix(5).map { printable($0, limit: 40) }.joined(separator: ", "))), and goes on from there; ask for \(now.count) classes to get a new, untrained one",
        settings: ["numClasses"])
    }
  }

  /// Images that are in two parts, or of two classes, by their content, wherever they lie.
  private func warnOfCopies(_ monitor: TaskMonitor) {
    if let images = train as? LabeledImageFiles {
      for text in [images.contradiction, images.masks].compactMap(\.self) { monitor.warning(text) }
    }
    guard let sketch = TrainingImages(provenance).sketch else { return }
    for (images, part) in [(validation, "validation"), (test, "test")] {
      guard let images = images as? LabeledImageFiles, case let found = sketch.overlap(images.paths), found.count > 0
      else { continue }
      let amount = "\(found.isExact ? "" : "about ")\(found.count) of the \(images.count)"
      monitor.warning(
        "\(amount) \(part) images are the same as training images, byte for byte: their accuracy is overestimated; remove the copies"
      )
    }
  }
}

// MARK: - Loading

extension TrainingOptions {
  /// Finds the images and reads the weights.
  /// - Throws: `Failure` for settings that make no sense, before anything is downloaded, and for what cannot be found.
  func load(_ monitor: TaskMonitor) async throws -> TrainingSetup.Parts {
    try validate()
    if let output {
      try dataset.imageSource()?.requireNoOutput(at: output)
      if !resumes { try RunDirectory.requireNone(of: [initialWeights].compactMap(\.self), in: output) }
    }
    let weights = try initialWeights.map {
      try WeightsFile(contentsOf: URL(fileURLWithPath: $0), entry: initialEntry)
    }
    for note in weights?.notes ?? [] { monitor.note(note.text, settings: note.settings) }
    _ = try chosenModel(weights: weights, images: nil)
    return TrainingSetup.Parts(
      splits: try await dataset.load(otherwise: recipe.dataset, monitor: monitor), weights: weights)
  }

  fileprivate func limited(_ images: any LabeledImages, to limit: Int?) -> any LabeledImages {
    guard let limit else { return images }
    return limitsTakeTheFirst ? images.prefix(limit) : images.limited(to: limit, seed: dataset.splitSeed)
  }

  fileprivate func chosenModel(weights: WeightsFile?, images train: (any LabeledImages)?) throws -> ChosenModel {
    if let network { return network }
    return try model.resolve(
      card: weights?.networkCard ?? ModelCard(), inputChannels: train.map { images.channels(of: $0) },
      numClasses: train?.numClasses, otherwise: recipe.model ?? "d2l")
  }
}

// MARK: - What it gives

extension TrainingSetup {
  var plan: TrainingPlan {
    TrainingPlan(
      epochs: recipe.epochs, batchesPerEpoch: (train.count + recipe.batchSize - 1) / recipe.batchSize,
      accumulation: recipe.accumulate, maxSteps: options.maxSteps, schedule: recipe.schedule,
      learningRate: recipe.lr, clipNorm: recipe.clipNorm, patience: recipe.patience,
      taskChanges: recipe.progressive?.changes ?? [])
  }

  /// The training batches of an epoch, from one on.
  /// - Parameters:
  ///   - stage: the epoch whose size the images have; nil: the same.
  ///   - limit: no more images than so many; nil: all.
  func batches(epoch: Int, from first: Int, sizeOf stage: Int? = nil, limit: Int? = nil) -> BatchLoader {
    var order =
      options.shuffles
      ? EpochOrder.shuffled(count: train.count, seed: options.seed, epoch: epoch) : Array(0..<train.count)
    if let limit { order = Array(order.prefix(limit)) }
    return BatchLoader(
      train, preprocessing: preprocessing(inEpoch: stage ?? epoch),
      augmentation: augmentation(inEpoch: stage ?? epoch), batchSize: recipe.batchSize, order: order, epoch: epoch,
      seed: options.seed, firstBatch: first, replica: team.place)
  }

  /// The batches by which averaged weights' statistics are measured; nil: they are not.
  var statistics: ((_ epoch: Int) -> BatchLoader)? {
    recipe.averageStatistics.map { images in
      // Whole batches, of which each counts the same.
      let count = max(1, min(images, train.count) / recipe.batchSize) * recipe.batchSize
      return { batches(epoch: $0, from: 0, limit: count) }
    }
  }

  /// What is evaluated after each epoch, and what the best one is chosen by.
  var selection: any LabeledImages { validation ?? test }

  /// Batches to evaluate after an epoch.
  func batches(of images: any LabeledImages, inEpoch epoch: Int) -> BatchLoader {
    BatchLoader(
      images, preprocessing: preprocessing(inEpoch: epoch), batchSize: recipe.batchSize, order: Array(0..<images.count),
      replica: team.place)
  }

  /// What the links between replicas can do, measured now.
  var linkNotes: [String] {
    guard let replicas = team.replicas, replicas.count > 1 else { return [] }
    let link = LinkEstimate(among: replicas)
    guard team.isFirst else { return [] }
    let batch = min(recipe.batchSize, train.count)
    let shape = [(batch + team.count - 1) / team.count, chosen.configuration.inputChannels, side, side]
    let load = LinkEstimate.Load(model, shape: shape, batchNorm: options.batchNorm)
    return [link.line(load, batchSize: batch, ranks: team.count)]
  }

  /// Whether images have several labels each.
  var hasSeveralLabels: Bool { train.labelMatrix != nil }

  /// The model's current weights, with what is needed to use them.
  /// - Parameters:
  ///   - epoch: the last one trained, from 0, for whose size of images they are.
  ///   - thresholds: of several labels; nil: 0.5 for each, or what is set.
  func weights(afterEpoch epoch: Int, thresholds: [Double]? = nil) -> WeightsFile {
    var file = WeightsFile(stateOf: model, metadata: ["format": "pt"])
    var card = ModelCard(
      model: chosen.name, configuration: chosen.configuration, classNames: train.classNames,
      preprocessing: preprocessing(inEpoch: epoch))
    if hasSeveralLabels { (card.activation, card.thresholds) = (.sigmoid, thresholds ?? usualThresholds) }
    file.card = card
    file.metadata.merge(provenance) { $1 }
    if thresholds != nil, !options.limitsTakeTheFirst {
      file.metadata[TrainingImages.thresholdsKey] = validation == nil ? "test" : "validation"
    }
    return file
  }

  /// The thresholds where none are chosen by results.
  var usualThresholds: [Double] {
    var usual = 0.5
    if case .value(let value)? = recipe.threshold { usual = value }
    return [Double](repeating: usual, count: train.numClasses)
  }
}
