/// The results of a finished run: `summary.json`. A number that is not finite is `null` in the file and NaN here.
public struct RunSummary: Sendable, Equatable {
  public var model: String
  public var dataset: String
  /// Averages over the last epoch's training batches, in training mode.
  public var trainLoss: Double
  public var trainAccuracy: Double
  /// Over the whole test set, in evaluation mode, of the last weights; NaN, and left out of the file, without test images.
  public var testLoss: Double
  public var testAccuracy: Double
  /// Of the best epoch's weights; NaN, and left out of the file, without test images.
  public var bestTestAccuracy: Double
  /// From 1: where the accuracy, or of several labels the mean AUROC, on the validation images was highest, or on the
  /// test images where there are two parts.
  public var bestEpoch: Int
  /// For several labels, means over those in which not all test images are alike; nil for images of one class, and
  /// where there is no such label.
  public var meanAUROC: Double?
  public var meanAveragePrecision: Double?
  /// Of the best epoch's weights.
  public var bestMeanAUROC: Double?
  /// Over the validation images, where there are three parts: of the last weights.
  public var validationLoss: Double?
  public var validationAccuracy: Double?
  /// Of the best epoch's weights.
  public var bestValidationAccuracy: Double?
  /// The same for several labels, over those in which not all validation images are alike.
  public var validationMeanAUROC: Double?
  public var bestValidationMeanAUROC: Double?
  /// Training steps only: loading included, evaluation not.
  public var examplesPerSecond: Double
  /// The process's peak resident set.
  public var peakMemoryBytes: Int
  public var parameters: Int
  public var epochs: Int
  public var steps: Int
  public var batchSize: Int
  public var precision: String
  public var threads: Int
  public var seed: UInt64
  /// Wall-clock time of the whole run, evaluation included.
  public var seconds: Double
  /// The processes that trained the network together, and the share of the training time that they waited for each other,
  /// 0 to 1; nil where there was one that no launcher started.
  public var ranks: Int?
  public var communicationShare: Double?
  /// The updates that earlier processes had made; nil where the run was made in one go.
  public var resumedFromStep: Int?
  /// Whether the best epoch is known: older versions did not note it, and ``bestEpoch`` is then the last one.
  package private(set) var namesBest = true

  public init(
    model: String, dataset: String, trainLoss: Double, trainAccuracy: Double, testLoss: Double, testAccuracy: Double,
    bestTestAccuracy: Double, bestEpoch: Int, examplesPerSecond: Double,
    peakMemoryBytes: Int = ProcessMemory.peakResidentBytes(), parameters: Int, epochs: Int,
    steps: Int, batchSize: Int, precision: String, threads: Int, seed: UInt64, seconds: Double
  ) {
    self.model = model
    self.dataset = dataset
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.testLoss = testLoss
    self.testAccuracy = testAccuracy
    self.bestTestAccuracy = bestTestAccuracy
    self.bestEpoch = bestEpoch
    self.examplesPerSecond = examplesPerSecond
    self.peakMemoryBytes = peakMemoryBytes
    self.parameters = parameters
    self.epochs = epochs
    self.steps = steps
    self.batchSize = batchSize
    self.precision = precision
    self.threads = threads
    self.seed = seed
    self.seconds = seconds
  }
}

extension RunSummary: Codable {
  enum CodingKeys: String, CodingKey {
    case ranks, model, dataset, parameters, epochs, steps, precision, threads, seed, seconds
    case trainLoss = "train_loss"
    case trainAccuracy = "train_accuracy"
    case testLoss = "test_loss"
    case testAccuracy = "test_accuracy"
    case bestTestAccuracy = "best_test_accuracy"
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"
    case bestValidationAccuracy = "best_val_accuracy"
    case validationMeanAUROC = "val_mean_auroc"
    case bestValidationMeanAUROC = "best_val_mean_auroc"
    case bestEpoch = "best_epoch"
    case meanAUROC = "mean_auroc"
    case meanAveragePrecision = "mean_average_precision"
    case bestMeanAUROC = "best_mean_auroc"
    case examplesPerSecond = "examples_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
    case batchSize = "batch_size"
    case communicationShare = "communication_share"
    case resumedFromStep = "resumed_from_step"
  }

  private static let ofTests: Set<CodingKeys> = [.testLoss, .testAccuracy, .bestTestAccuracy]

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      // Without test images, a run has no such numbers.
      try values.contains(key) || !Self.ofTests.contains(key) ? values.decode(Double?.self, forKey: key) ?? .nan : .nan
    }
    // Runs of before the best epoch was noted have their last one.
    let (testAccuracy, epochs) = (try number(.testAccuracy), try values.decode(Int.self, forKey: .epochs))
    self.init(
      model: try values.decode(String.self, forKey: .model), dataset: try values.decode(String.self, forKey: .dataset),
      trainLoss: try number(.trainLoss), trainAccuracy: try number(.trainAccuracy), testLoss: try number(.testLoss),
      testAccuracy: testAccuracy,
      bestTestAccuracy: values.contains(.bestTestAccuracy) ? try number(.bestTestAccuracy) : testAccuracy,
      bestEpoch: try values.decodeIfPresent(Int.self, forKey: .bestEpoch) ?? epochs,
      examplesPerSecond: try number(.examplesPerSecond),
      peakMemoryBytes: try values.decode(Int.self, forKey: .peakMemoryBytes),
      parameters: try values.decode(Int.self, forKey: .parameters),
      epochs: epochs,
      steps: try values.decode(Int.self, forKey: .steps), batchSize: try values.decode(Int.self, forKey: .batchSize),
      precision: try values.decode(String.self, forKey: .precision),
      threads: try values.decode(Int.self, forKey: .threads), seed: try values.decode(UInt64.self, forKey: .seed),
      seconds: try number(.seconds))
    namesBest = values.contains(.bestTestAccuracy) || !values.contains(.testAccuracy)
    meanAUROC = try values.decodeIfPresent(Double.self, forKey: .meanAUROC)
    meanAveragePrecision = try values.decodeIfPresent(Double.self, forKey: .meanAveragePrecision)
    bestMeanAUROC = try values.decodeIfPresent(Double.self, forKey: .bestMeanAUROC)
    validationLoss = try values.decodeIfPresent(Double.self, forKey: .validationLoss)
    validationAccuracy = try values.decodeIfPresent(Double.self, forKey: .validationAccuracy)
    bestValidationAccuracy = try values.decodeIfPresent(Double.self, forKey: .bestValidationAccuracy)
    validationMeanAUROC = try values.decodeIfPresent(Double.self, forKey: .validationMeanAUROC)
    bestValidationMeanAUROC = try values.decodeIfPresent(Double.self, forKey: .bestValidationMeanAUROC)
    ranks = try values.decodeIfPresent(Int.self, forKey: .ranks)
    communicationShare = try values.decodeIfPresent(Double.self, forKey: .communicationShare)
    resumedFromStep = try values.decodeIfPresent(Int.self, forKey: .resumedFromStep)
  }

  /// Whether the run has images that it was tested on.
  public var isTested: Bool { !(testLoss.isNaN && testAccuracy.isNaN) }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(model, forKey: .model)
    try values.encode(dataset, forKey: .dataset)
    try values.encode(trainLoss.orNull, forKey: .trainLoss)
    try values.encode(trainAccuracy.orNull, forKey: .trainAccuracy)
    try values.encodeIfPresent(meanAUROC, forKey: .meanAUROC)
    try values.encodeIfPresent(meanAveragePrecision, forKey: .meanAveragePrecision)
    try values.encodeIfPresent(bestMeanAUROC, forKey: .bestMeanAUROC)
    try values.encodeIfPresent(validationLoss?.orNull, forKey: .validationLoss)
    try values.encodeIfPresent(validationAccuracy?.orNull, forKey: .validationAccuracy)
    try values.encodeIfPresent(bestValidationAccuracy?.orNull, forKey: .bestValidationAccuracy)
    try values.encodeIfPresent(validationMeanAUROC, forKey: .validationMeanAUROC)
    try values.encodeIfPresent(bestValidationMeanAUROC, forKey: .bestValidationMeanAUROC)
    if isTested {
      try values.encode(testLoss.orNull, forKey: .testLoss)
      try values.encode(testAccuracy.orNull, forKey: .testAccuracy)
      try values.encode(bestTestAccuracy.orNull, forKey: .bestTestAccuracy)
      try values.encode(bestEpoch, forKey: .bestEpoch)
    }
    try values.encode(examplesPerSecond.orNull, forKey: .examplesPerSecond)
    try values.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try values.encode(parameters, forKey: .parameters)
    try values.encode(epochs, forKey: .epochs)
    try values.encode(steps, forKey: .steps)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encode(precision, forKey: .precision)
    try values.encode(threads, forKey: .threads)
    try values.encode(seed, forKey: .seed)
    try values.encode(seconds.orNull, forKey: .seconds)
    try values.encodeIfPresent(ranks, forKey: .ranks)
    try values.encodeIfPresent(communicationShare?.orNull, forKey: .communicationShare)
    try values.encodeIfPresent(resumedFromStep, forKey: .resumedFromStep)
  }
}

extension Double {
  /// JSON has no NaN and no infinity.
  var orNull: Double? { isFinite ? self : nil }
}
