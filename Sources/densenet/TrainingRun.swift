import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// One run of `densenet train`: from the dataset to the run folder.
struct TrainingRun {
  let command: TrainCommand
  let train: any LabeledPictures
  let test: any LabeledPictures
  let origin: String
  let device: Device
  let chosen: ChosenModel
  /// The height and width of the images.
  let side: Int
  let preprocessing: Preprocessing
  let augmentation: Augmentation
  let model: DenseNet

  /// Checks everything that can be checked before the first file is written.
  init(command: TrainCommand, splits: DatasetSplits, initialWeights: WeightsFile?, device: Device) throws {
    self.command = command
    self.device = device
    train = command.trainLimit.map { splits.train.prefix($0.value) } ?? splits.train
    test = command.data.testLimit.map { splits.test.prefix($0.value) } ?? splits.test
    origin = splits.origin
    chosen = try command.model.resolve(
      metadata: initialWeights?.networkMetadata ?? [:], inputChannels: command.augmentation.channels(of: train),
      numClasses: train.numClasses)
    if let classes = command.numClasses?.value, classes != train.numClasses {
      throw Failure(
        .usage, "--num-classes: expected \(train.numClasses), the classes of \(train.name), found \(classes)")
    }
    side = command.data.resize?.value ?? chosen.imageSide
    augmentation = command.augmentation.over(.none)
    preprocessing = try command.augmentation.preprocessing(
      of: train, base: command.augmentation.base(of: train, side: side))
    model = DenseNet(chosen.configuration, initialization: nil)
    model.memoryEfficient = command.memory.memoryEfficient
    let batch = min(command.data.batchSize.value, train.count)
    let work = WorkSize(images: batch, side: side, option: "--resize")
    try work.require(for: model, training: true, batches: 4, device: device)
    let testBatch = min(command.data.batchSize.value, test.count)
    try WorkSize(images: testBatch, side: side, option: "--resize")
      .require(for: model, training: false, batches: 4, device: device)
    try work.requireStatistics(for: model, smallestBatch: train.count % batch == 0 ? batch : train.count % batch)
    if let initialWeights {
      if command.numClasses == nil, let classes = initialWeights.numClasses(of: model), classes != train.numClasses {
        throw Failure(
          .invalidData,
          "\(initialWeights.source): expected \(train.numClasses) classes as \(train.name) has, found \(classes); give --num-classes \(train.numClasses) for a new, untrained classifier"
        )
      }
      let notes = try initialWeights.load(
        into: model, classes: command.numClasses == nil ? .exact : .reinitialized(seed: command.seed.value),
        inputChannels: .adapted)
      for line in notes.lines { printError("note: \(line)") }
    } else {
      model.initialize(seed: command.seed.value)
    }
  }

  func run() throws {
    let began = ContinuousClock.now
    Interrupts.watch()
    let folder = try makeFolder()
    let log = try begin(folder)

    let settings = command.data
    let batchSize = settings.batchSize.value
    let batchCount = (train.count + batchSize - 1) / batchSize
    let display = TrainingDisplay(
      epochs: command.epochs.value, examples: train.count, testExamples: test.count,
      steps: command.maxSteps.map { min($0.value, batchCount * command.epochs.value) } ?? batchCount
        * command.epochs.value,
      batchSize: batchSize, quiet: command.quiet)
    var curves = LearningCurves(
      epochs: command.epochs.value, title: "\(chosen.name) on \(train.name)")
    display.note(
      "\(TextFormat.thousands(train.count)) training and \(TextFormat.thousands(test.count)) test images: \(origin)")
    display.note("writing \(folder.url.relativePath)")

    var callbacks = Trainer.Callbacks()
    callbacks.onStep = { event in
      display.step(event)
      guard event.isPoint else { return }
      curves.addTrain(epoch: event.epochsDone, loss: event.metrics.loss, accuracy: event.metrics.accuracy)
      try log.append(
        .train(epoch: event.epochsDone, step: event.step, loss: event.metrics.loss, accuracy: event.metrics.accuracy))
    }
    callbacks.onTestBegin = { display.testBegins() }
    callbacks.onTestBatch = { display.tested($0) }
    callbacks.onEpoch = { event in
      curves.addTest(epoch: event.epoch, accuracy: event.test.accuracy)
      try log.append(
        .epoch(
          epoch: event.epoch, step: event.step, trainLoss: event.train.loss, trainAccuracy: event.train.accuracy,
          testLoss: event.test.loss, testAccuracy: event.test.accuracy, examplesPerSecond: event.examplesPerSecond,
          seconds: (ContinuousClock.now - began).inSeconds))
      try folder.write(curves: curves.svg())
      let weights = self.weights
      if isSound(weights, event.test.loss) { try folder.write(weights: weights) }
      display.epochEnds(event)
    }
    callbacks.shouldStop = { Interrupts.requested }

    let trainer = Trainer(model: model, optimizer: SGD(model, learningRate: command.lr.value))
    let result: Trainer.Result
    do {
      result = try trainer.fit(
        epochs: command.epochs.value, maxSteps: command.maxSteps?.value, batchCount: batchCount,
        batches: { epoch in
          display.epochBegins(epoch)
          let order =
            command.noShuffle
            ? Array(0..<train.count) : EpochOrder.shuffled(count: train.count, seed: command.seed.value, epoch: epoch)
          return BatchLoader(
            train, preprocessing: preprocessing, augmentation: augmentation, batchSize: batchSize, order: order,
            epoch: epoch, seed: command.seed.value)
        },
        test: {
          BatchLoader(test, preprocessing: preprocessing, batchSize: batchSize, order: Array(0..<test.count))
        },
        callbacks: callbacks)
    } catch let failure as Failure {
      display.end()
      try? folder.write(curves: curves.svg())
      throw Failure(failure.kind, "\(failure); what was written before is in \(folder.url.relativePath)")
    }
    display.end()
    try finish(result, folder: folder, curves: curves, seconds: (ContinuousClock.now - began).inSeconds)
  }

  private var weights: WeightsFile {
    var file = WeightsFile(stateOf: model, metadata: ["format": "pt"])
    file.card = ModelCard(
      model: chosen.name, configuration: chosen.json, classNames: train.classNames, preprocessing: preprocessing.json)
    return file
  }

  /// Whether training has not diverged.
  private func isSound(_ weights: WeightsFile, _ testLoss: Double) -> Bool {
    testLoss.isFinite && (try? weights.requireFinite()) != nil
  }

  private func makeFolder() throws -> RunDirectory {
    if let output = command.output { return try RunDirectory(creating: output.url) }
    return try RunDirectory(creatingFor: chosen.name, dataset: train.name)
  }

  /// Writes what is known before the first step; a folder where that fails is left as it was.
  private func begin(_ folder: RunDirectory) throws -> MetricsLog {
    do {
      try folder.write(
        config: RunConfig(
          command, model: chosen, side: side, train: train, test: test, preprocessing: preprocessing,
          augmentation: augmentation, origin: origin, device: device))
      return try folder.openMetrics()
    } catch {
      folder.removeIfEmpty()
      throw error
    }
  }

  private func finish(_ result: Trainer.Result, folder: RunDirectory, curves: LearningCurves, seconds: Double) throws {
    let last = result.last
    let place = folder.url.relativePath
    try folder.write(curves: curves.svg())
    let weights = weights
    guard isSound(weights, result.wasInterrupted ? 0 : last.test.loss) else {
      throw Failure(
        .invalidData,
        "the weights or the test loss are no longer finite after step \(last.step): training diverged; use a smaller learning rate (--lr); settings, metrics and curves are in \(place)"
      )
    }
    try folder.write(weights: weights)
    if result.wasInterrupted {
      throw Interruption(
        description:
          "interrupted after step \(last.step) in epoch \(last.epoch); weights, curves and metrics so far are in \(place)"
      )
    }
    let summary = RunSummary(
      model: chosen.name, dataset: train.name, trainLoss: last.train.loss,
      trainAccuracy: last.train.accuracy, testLoss: last.test.loss, testAccuracy: last.test.accuracy,
      examplesPerSecond: last.examplesPerSecond, parameters: model.parameterCount, epochs: command.epochs.value,
      steps: last.step, batchSize: command.data.batchSize.value, precision: command.compute.precision.rawValue,
      threads: device.threads, seed: command.seed.value, seconds: seconds)
    try folder.write(summary: summary)
    try printResult(
      command.json ? String(decoding: compactJSON(summary), as: UTF8.self) : closingLines(last),
      remedy: "the results are in \(place)")
  }

  /// The chapter's.
  private func closingLines(_ last: Trainer.EpochEvent) -> String {
    "loss \(TextFormat.fixed(last.train.loss, decimals: 3)), "
      + "train acc \(TextFormat.fixed(last.train.accuracy, decimals: 3)), "
      + "test acc \(TextFormat.fixed(last.test.accuracy, decimals: 3))\n"
      + "\(TextFormat.fixed(last.examplesPerSecond, decimals: 1)) examples/sec on \(device)"
  }
}
