public import ArgumentParser
public import DenseNetTasks
import DenseNets

/// A named recipe, and changes to it: how a network is trained.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Preset that supplies the defaults of all other options: d2l (the chapter's), fast and best (SGD with Nesterov momentum, a cosine schedule, augmentation, averaged weights; 20 and 36 epochs), paper-cifar (the paper's 300 epochs for CIFAR).",
      valueName: "name"))
  var recipe: String = "d2l"

  @Option(number: "Passes over the training images. Default: the recipe's (10 for d2l).")
  var epochs: Positive?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sizes of the images, in pixels, and the epochs of each, which --epochs is the sum of; the network is for the last one. Each epoch is evaluated at its own size, the best one is of the last; --crop-padding and --cutout are scaled. Default: the same size in all epochs.",
      valueName: "size:n,…"), transform: { try ProgressiveSizes($0) })
  var progressive: ProgressiveSizes?

  @Option(number: "Images per batch. Default: the recipe's (256 for d2l).")
  var batchSize: Positive?

  @Option(
    number:
      "Batches per update, whose gradients are accumulated: the effect of a batch <n> times as large, except for batch norm, in the memory of one batch. Default: the recipe's (1 for d2l)."
  )
  var accumulate: Positive?

  @Option(
    help: ArgumentHelp(
      "Optimizer: sgd, adam or adamw, as PyTorch defines them. Default: the recipe's (sgd for d2l).", valueName: "name")
  )
  var optimizer: Recipe.OptimizerKind?

  @Option(
    number:
      "Peak learning rate. Default: the recipe's (0.1 for d2l); 0.001 with --optimizer adam or adamw.",
    valueName: "x")
  var lr: PositiveReal?

  @Option(
    number: "Momentum of SGD, or Adam's first beta. Default: the recipe's (0 for d2l); Adam's 0.9.", valueName: "x")
  var momentum: Fraction?

  @Flag(inversion: .prefixedNo, help: "Nesterov momentum, with SGD. Default: the recipe's (off for d2l).")
  var nesterov: Bool?

  @Option(
    number:
      "Weight decay: added to the gradient with sgd and adam, decoupled with adamw. Default: the recipe's (0 for d2l); 0.01 with --optimizer adamw.",
    valueName: "x")
  var weightDecay: NonNegativeReal?

  @Option(
    number: "Label smoothing: the share of a label that is spread over all classes. Default: the recipe's (0 for d2l).",
    valueName: "x")
  var labelSmoothing: Fraction?

  @Option(
    help: ArgumentHelp(
      "Class weights in the loss: none, or balanced: images / (classes · images in the class). Default: the recipe's (none).",
      valueName: "name"))
  var classWeights: Recipe.ClassWeights?

  @Option(number: "Clip the gradients' global norm to at most <x>. Default: no limit.", valueName: "x")
  var clipNorm: PositiveReal?

  @Option(
    number:
      "Keep a moving average of the weights with this decay, which is then tested and written; 0 for none. Default: the recipe's (none for d2l).",
    valueName: "x")
  var ema: Fraction?

  @Option(
    number:
      "Stop after <n> consecutive epochs without a better accuracy, or mean AUROC of several labels, on the validation images, or the test images if there are no others. Default: never."
  )
  var patience: Positive?

  @OptionGroup(title: "Learning-rate schedule") var schedule: ScheduleOptions

  /// The recipe that the options name, with their changes.
  /// - Parameter base: of the run that is resumed, in place of what --recipe names.
  func resolve(over base: Recipe? = nil) throws -> Recipe {
    var chosen = try base ?? named()
    if let optimizer { chosen.use(optimizer) }
    try chosen.setLength(epochs: epochs?.value, sizes: progressive)
    if let batchSize { chosen.batchSize = batchSize.value }
    if let accumulate { chosen.accumulate = accumulate.value }
    if let lr {
      chosen.schedule.keepFloor(of: chosen.lr, under: lr.value)
      chosen.lr = lr.value
    }
    if let momentum { chosen.momentum = momentum.value }
    if let nesterov { chosen.nesterov = nesterov }
    if let weightDecay { chosen.weightDecay = weightDecay.value }
    if let labelSmoothing { chosen.labelSmoothing = labelSmoothing.value }
    if let classWeights { chosen.classWeights = classWeights }
    if let clipNorm { chosen.clipNorm = clipNorm.value }
    if let ema { chosen.keepAverage(decay: ema.value) }
    if let patience { chosen.patience = patience.value }
    chosen.schedule = try schedule.over(chosen.schedule, peak: chosen.lr)
    guard !chosen.nesterov || chosen.optimizer == .sgd && chosen.momentum > 0 else {
      throw Failure(.usage, "--nesterov: expected --optimizer sgd and a --momentum above 0")
    }
    return chosen
  }

  private func named() throws -> Recipe {
    do { return try Recipe(named: recipe) } catch { throw Failure(.usage, "--\(error)") }
  }
}

extension LearningRateSchedule {
  /// Lets a cosine end at the same rate when the peak, which that is told in units of, is another.
  fileprivate mutating func keepFloor(of old: Double, under peak: Double) {
    if case .cosine(let minimum) = shape, minimum > 0, old != peak { shape = .cosine(minimum: minimum * old / peak) }
  }
}

extension Recipe.OptimizerKind: ExpressibleByArgument {}
extension Recipe.ClassWeights: ExpressibleByArgument {}

/// How the learning rate changes.
struct ScheduleOptions: ParsableArguments {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case constant, step, cosine
    case oneCycle = "one-cycle"
  }

  @Option(
    help: ArgumentHelp(
      "Learning-rate schedule: constant; step (multiplied by --lr-factor after each of --milestones); cosine (down to --min-lr along half a cosine); one-cycle (up and down along cosines, with momentum in the opposite direction). Defined as PyTorch's MultiStepLR, CosineAnnealingLR and OneCycleLR. Default: the recipe's (constant for d2l).",
      valueName: "name"))
  var schedule: Kind?

  @Option(
    help: ArgumentHelp(
      "Epochs after which a step schedule lowers the rate, such as 5,8. Default: the recipe's.", valueName: "n,n,…"),
    transform: ScheduleOptions.parseMilestones)
  var milestones: [Int]?

  @Option(number: "Factor by which a step schedule multiplies the rate. Default: the recipe's (0.1).", valueName: "x")
  var lrFactor: PositiveReal?

  @Option(number: "Learning rate at which a cosine schedule ends. Default: the recipe's (0).", valueName: "x")
  var minLr: NonNegativeReal?

  @Option(
    number:
      "Epochs of linear warm-up; not for one-cycle, which has its own. Default: the recipe's (0).",
    valueName: "x")
  var warmupEpochs: NonNegativeReal?

  @Option(
    number: "Learning rate at which the warm-up begins, as a multiple of the peak rate. Default: 0.1.", valueName: "x")
  var warmupStart: Fraction?

  @Option(number: "Share of the updates during which one-cycle raises the rate. Default: 0.3.", valueName: "x")
  var oneCycleRise: Fraction?

  @Sendable private static func parseMilestones(_ argument: String) throws -> [Int] {
    let epochs = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard epochs.allSatisfy({ (1...Positive.limit).contains($0) }), epochs == epochs.sorted() else {
      throw Failure(.usage, "expected increasing numbers of epochs separated by commas, such as 5,8")
    }
    return epochs
  }

  /// A recipe's schedule with the options' changes.
  func over(_ base: LearningRateSchedule, peak: Double) throws -> LearningRateSchedule {
    var result = base
    switch schedule {
    case nil: break
    case .constant: result.shape = .constant
    case .step:
      guard case .step = base.shape else {
        guard let milestones else {
          throw Failure(.usage, "--schedule step: expected --milestones, the epochs after which the rate is lowered")
        }
        result.shape = .step(milestones: milestones, factor: lrFactor?.value ?? 0.1)
        break
      }
    case .cosine:
      if case .cosine = base.shape { break }
      result.shape = .cosine(minimum: 0)
    case .oneCycle:
      if case .oneCycle = base.shape { break }
      (result.shape, result.warmupEpochs) = (.oneCycle, 0)
    }
    try change(&result.shape, peak: peak)
    if let warmupEpochs { result.warmupEpochs = warmupEpochs.value }
    if let warmupStart { result.warmupStart = warmupStart.value }
    try result.validate()
    return result
  }

  /// Applies the options of the chosen shape; an option of another shape is an error.
  private func change(_ shape: inout LearningRateSchedule.Shape, peak: Double) throws {
    func refuse(_ option: String, _ isGiven: Bool, _ kind: Kind) throws {
      if isGiven { throw Failure(.usage, "\(option): expected --schedule \(kind.rawValue) with it") }
    }
    if case .step(let old, let factor) = shape {
      shape = .step(milestones: milestones ?? old, factor: lrFactor?.value ?? factor)
    } else {
      try refuse("--milestones", milestones != nil, .step)
      try refuse("--lr-factor", lrFactor != nil, .step)
    }
    if case .cosine(let old) = shape {
      let given = minLr.map { $0.value / peak } ?? old
      // The same rate as before, whatever peak it was told in units of.
      shape = .cosine(minimum: abs(given - old) <= 1e-12 * old ? old : given)
    } else {
      try refuse("--min-lr", minLr != nil, .cosine)
    }
    if case .oneCycle(let old, let divisor, let finalDivisor, let momenta) = shape {
      shape = .oneCycle(
        rise: oneCycleRise?.value ?? old, divisor: divisor, finalDivisor: finalDivisor, momenta: momenta)
    } else {
      try refuse("--one-cycle-rise", oneCycleRise != nil, .oneCycle)
    }
  }
}
