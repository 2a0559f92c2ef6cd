import DenseNetData
public import DenseNets

extension Recipe {
  /// Changes the optimizer. Another than before comes with its own usual numbers: Adam's learning rate 0.001 and β₁ 0.9,
  /// AdamW's weight decay 0.01 too.
  public mutating func use(_ kind: OptimizerKind) {
    guard kind != optimizer else { return }
    (optimizer, nesterov) = (kind, false)
    if kind != .sgd { (lr, momentum, weightDecay) = (1e-3, 0.9, kind == .adamw ? 0.01 : 0) }
  }

  /// Keeps an average of the weights, with statistics of its own, or with a decay of 0 none.
  public mutating func keepAverage(decay: Double) {
    if decay == 0 { averageStatistics = nil } else if averageDecay == nil { averageStatistics = Self.usualStatistics }
    averageDecay = decay == 0 ? nil : decay
  }

  /// As many images as give each channel of the smallest maps thousands of values.
  private static let usualStatistics = 4096

  /// - Throws: `Failure(.usage)` that names the first number which makes no sense.
  public func validate() throws(Failure) {
    func require(_ condition: Bool, _ setting: Failure.Setting, _ text: String) throws(Failure) {
      if !condition { throw Failure(.usage, "recipe: \(setting.rawValue): expected \(text)", settings: [setting]) }
    }
    func requireCount(_ value: Int, _ setting: Failure.Setting) throws(Failure) {
      try require(
        (1...Self.largestCount).contains(value), setting,
        "a whole number from 1 to \(Self.largestCount), found \(value)")
    }
    try requireCount(epochs, "epochs")
    if let progressive, progressive.epochs != epochs {
      throw Failure(
        .usage, "progressive: expected epochs that add up to the run's \(epochs), found \(progressive.epochs)",
        settings: ["progressive", "epochs"])
    }
    try requireCount(batchSize, "batchSize")
    try requireCount(accumulate, "accumulate")
    if let patience { try requireCount(patience, "patience") }
    try require(lr > 0 && Float(lr) > 0 && Float(lr).isFinite, "learningRate", "a number greater than 0, found \(lr)")
    try require((0..<1).contains(momentum), "momentum", "a number from 0 to below 1, found \(momentum)")
    try require(
      !nesterov || optimizer == .sgd && momentum > 0, "nesterov", "the optimizer sgd and a momentum above 0 with it")
    try require(
      weightDecay >= 0 && Float(weightDecay).isFinite, "weightDecay", "a number from 0, found \(weightDecay)")
    try require(
      (0..<1).contains(labelSmoothing), "labelSmoothing", "a number from 0 to below 1, found \(labelSmoothing)")
    if let clipNorm { try require(clipNorm > 0, "clipNorm", "a number greater than 0, found \(clipNorm)") }
    if let averageDecay {
      try require(
        averageDecay > 0 && averageDecay < 1, "averageDecay", "a number between 0 and 1, found \(averageDecay)")
    }
    if let averageStatistics { try requireCount(averageStatistics, "averageStatistics") }
    try schedule.validate()
    try augmentation.validate()
  }

  private static let largestCount = 1 << 31

  func makeOptimizer(_ groups: [ParameterGroup]) -> any Optimizer {
    switch optimizer {
    case .sgd: SGD(groups: groups, learningRate: lr, momentum: momentum, nesterov: nesterov)
    case .adam: Adam(groups: groups, learningRate: lr, betas: (momentum, 0.999))
    case .adamw: AdamW(groups: groups, learningRate: lr, betas: (momentum, 0.999))
    }
  }

  /// - Parameter classCounts: the training images of each class.
  func makeLoss(classCounts: [Int]) -> CrossEntropyLoss {
    let total = Double(classCounts.reduce(0, +))
    let weights = classCounts.map { $0 == 0 ? 0 : total / Double(classCounts.count * $0) }
    return CrossEntropyLoss(labelSmoothing: labelSmoothing, classWeights: classWeights == .balanced ? weights : nil)
  }
}
