import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

/// What a training run is made of, checked as far as it can be before the first file is written.
struct TrainingSetup {
  let options: TrainingOptions
  let maxSteps: Int?
  let device: Device
  let train: any LabeledImages
  let test: any LabeledImages
  let origin: String
  let recipe: Recipe
  let chosen: ChosenModel
  /// The height and width of the images.
  let side: Int
  let preprocessing: Preprocessing
  let model: DenseNet
  let trainer: Trainer
  let course: RunFingerprint

  init(_ options: TrainingOptions, _ parts: TrainingOptions.Parts, maxSteps: Int?, device: Device) throws {
    let (splits, initialWeights) = (parts.splits, parts.weights)
    (self.options, self.maxSteps, self.device, origin) = (options, maxSteps, device, splits.origin)
    train = options.trainLimit.map { splits.train.prefix($0.value) } ?? splits.train
    test = options.data.testLimit.map { splits.test.prefix($0.value) } ?? splits.test
    var recipe = parts.recipe
    recipe.augmentation = options.augmentation.over(recipe.augmentation)
    self.recipe = recipe
    chosen = try options.model.choice.resolve(
      card: initialWeights?.networkCard ?? ModelCard(), inputChannels: options.augmentation.channels(of: train),
      numClasses: train.numClasses,
      otherwise: recipe.model ?? "d2l")
    if let classes = options.numClasses?.value, classes != train.numClasses {
      throw Failure(
        .usage, "--num-classes: expected \(train.numClasses), the classes of \(train.name), found \(classes)")
    }
    let before = try Self.preprocessing(of: initialWeights, chosen)
    side = options.data.resize?.value ?? before?.squareSide ?? recipe.resize ?? chosen.imageSide
    preprocessing = try options.augmentation.preprocessing(
      of: train, base: options.augmentation.base(of: train, side: side, weights: before), weights: before,
      recipe: try recipe.normalize.map(Normalization.parse) ?? .none)
    let model = DenseNet(chosen.configuration, initialization: nil)
    self.model = model
    model.memoryEfficient = options.memory.memoryEfficient
    try Self.requireMemory(recipe, train: train.count, test: test.count, side: side, model, device)
    try Self.setWeights(of: model, options, initialWeights, train: train)
    if let initialWeights, let before { Self.say(preprocessing, before, of: initialWeights) }
    let groups = try options.fineTuning.apply(to: model, weightDecay: recipe.weightDecay)
    trainer = Trainer(
      model: model, optimizer: recipe.makeOptimizer(groups), loss: recipe.makeLoss(classCounts: train.classCounts),
      average: recipe.averageDecay.map { ExponentialMovingAverage(of: model, decay: $0) })
    course = RunFingerprint(
      network: chosen.configuration, dataset: train.fingerprint, testSet: test.fingerprint,
      preprocessing: preprocessing, recipe: recipe,
      initialWeights: initialWeights.map { "checksum \($0.checksum)" } ?? "from the seed",
      freeze: options.fineTuning.freeze, freezeNorm: options.fineTuning.freezeNorm,
      featuresLrScale: options.fineTuning.featuresLrScale?.value ?? 1, precision: options.compute.precision.rawValue,
      convolution: options.compute.convolution.rawValue, seed: options.seed.value, shuffle: !options.noShuffle,
      maxSteps: maxSteps)
  }

  /// How the images were prepared that the weights were trained on: as they say, or as those of such published networks.
  private static func preprocessing(of weights: WeightsFile?, _ chosen: ChosenModel) throws -> Preprocessing? {
    guard let weights else { return nil }
    if let stated = try weights.card.preprocessing?.value { return stated }
    let usual = chosen.standardPreprocessing
    return usual.mean == Preprocessing.imageNet.mean ? usual : nil
  }

  private static func say(_ preprocessing: Preprocessing, _ before: Preprocessing, of weights: WeightsFile) {
    let isSame =
      preprocessing.mean == before.mean && preprocessing.std == before.std
      && preprocessing.squareSide == before.squareSide
    printError(
      isSame
        ? "note: images are prepared as those of \(weights.source) were; --resize, --fit and --normalize change that"
        : "note: images are of another size or normalised otherwise than those of \(weights.source) were")
  }

  private static func requireMemory(
    _ recipe: Recipe, train: Int, test: Int, side: Int, _ model: DenseNet, _ device: Device
  ) throws {
    let batch = min(recipe.batchSize, train)
    let work = MemoryRequirement(images: batch, side: side)
    try work.require(for: model, training: true, batches: 4, device: device)
    try MemoryRequirement(images: min(recipe.batchSize, test), side: side)
      .require(for: model, training: false, batches: 4, device: device)
    try work.requireStatistics(for: model, smallestBatch: train % batch == 0 ? batch : train % batch)
  }

  private static func setWeights(
    of model: DenseNet, _ options: TrainingOptions, _ weights: WeightsFile?, train: any LabeledImages
  ) throws {
    guard let weights else { return model.initialize(seed: options.seed.value) }
    if options.numClasses == nil, let classes = weights.numClasses(of: model), classes != train.numClasses {
      throw Failure(
        .invalidData,
        "\(weights.source): expected \(train.numClasses) classes as \(train.name) has, found \(classes); give --num-classes \(train.numClasses) for a new, untrained classifier"
      )
    }
    let notes = try weights.load(
      into: model, classes: options.numClasses == nil ? .exact : .reinitialized(seed: options.seed.value),
      inputChannels: .adapted)
    for line in notes.lines { printError("note: \(line)") }
  }

  var plan: TrainingPlan {
    TrainingPlan(
      epochs: recipe.epochs, batchesPerEpoch: (train.count + recipe.batchSize - 1) / recipe.batchSize,
      accumulation: recipe.accumulate, maxSteps: maxSteps, schedule: recipe.schedule,
      learningRate: recipe.lr, clipNorm: recipe.clipNorm, patience: recipe.patience)
  }

  /// The training batches of an epoch, from one on.
  func batches(epoch: Int, from first: Int) -> BatchLoader {
    let order =
      options.noShuffle
      ? Array(0..<train.count) : EpochOrder.shuffled(count: train.count, seed: options.seed.value, epoch: epoch)
    return BatchLoader(
      train, preprocessing: preprocessing, augmentation: recipe.augmentation, batchSize: recipe.batchSize,
      order: order, epoch: epoch, seed: options.seed.value, firstBatch: first)
  }

  func testBatches() -> BatchLoader {
    BatchLoader(test, preprocessing: preprocessing, batchSize: recipe.batchSize, order: Array(0..<test.count))
  }

  /// The model's weights as they are now, with what must be known to use them.
  var weights: WeightsFile {
    var file = WeightsFile(stateOf: model, metadata: ["format": "pt"])
    file.card = ModelCard(
      model: chosen.name, configuration: chosen.configuration, classNames: train.classNames,
      preprocessing: preprocessing)
    return file
  }
}

extension Recipe {
  func makeOptimizer(_ groups: [ParameterGroup]) -> any Optimizer {
    switch optimizer {
    case .sgd: SGD(groups: groups, learningRate: lr, momentum: momentum, nesterov: nesterov)
    case .adam, .adamw:
      Adam(
        groups: groups, learningRate: lr, betas: (momentum, 0.999), decoupledWeightDecay: optimizer == .adamw)
    }
  }

  /// - Parameter classCounts: the training images of each class.
  func makeLoss(classCounts: [Int]) -> CrossEntropyLoss {
    let total = Double(classCounts.reduce(0, +))
    let weights = classCounts.map { $0 == 0 ? 0 : total / Double(classCounts.count * $0) }
    return CrossEntropyLoss(labelSmoothing: labelSmoothing, classWeights: classWeights == .balanced ? weights : nil)
  }
}
