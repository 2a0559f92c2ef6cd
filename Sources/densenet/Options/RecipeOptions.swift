public import ArgumentParser
public import DenseNetTasks
import DenseNets

/// A named recipe, and what is changed of it: how a network learns.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Preset that supplies the defaults of all other options: d2l (the chapter's), fast and best (SGD with Nesterov momentum, a cosine, augmentation, an average of the weights; 20 and 36 epochs), paper-cifar (the paper's 300 epochs for CIFAR).",
      valueName: "name"))
  var recipe: String = "d2l"

  @Option(number: "Passes over the training images. Default: the recipe's (10 for d2l).")
  var epochs: Positive?

  @Option(number: "Images per batch. Default: the recipe's (256 for d2l).")
  var batchSize: Positive?

  @Option(
    number:
      "Batches whose gradients make one update: the effect of batches <n> times as large, but for batch norm, in the memory of one. Default: the recipe's (1 for d2l)."
  )
  var accumulate: Positive?

  @Option(
    help: ArgumentHelp(
      "sgd, adam or adamw, as PyTorch defines them. Default: the recipe's (sgd for d2l).", valueName: "name"))
  var optimizer: Recipe.OptimizerKind?

  @Option(
    number:
      "Peak learning rate. Default: the recipe's (0.1 for d2l); 0.001 with --optimizer adam or adamw.",
    valueName: "x")
  var lr: PositiveReal?

  @Option(
    number: "Momentum of SGD, or Adam's first beta. Default: the recipe's (0 for d2l); Adam's 0.9.", valueName: "x")
  var momentum: Fraction?

  @Flag(inversion: .prefixedNo, help: "Nesterov's momentum, with SGD. Default: the recipe's (off for d2l).")
  var nesterov: Bool?

  @Option(
    number:
      "Weight decay: added to the gradient with sgd and adam, decoupled with adamw. Default: the recipe's (0 for d2l); 0.01 with --optimizer adamw.",
    valueName: "x")
  var weightDecay: NonNegativeReal?

  @Option(
    number: "Label smoothing: the part of a label that all classes share. Default: the recipe's (0 for d2l).",
    valueName: "x")
  var labelSmoothing: Fraction?

  @Option(
    help: ArgumentHelp(
      "none, or balanced: the loss of an image weighs images / (classes · images of its class). Default: the recipe's (none).",
      valueName: "name"))
  var classWeights: Recipe.ClassWeights?

  @Option(number: "Scale gradients so that the norm of all together is at most <x>. Default: no limit.", valueName: "x")
  var clipNorm: PositiveReal?

  @Option(
    number:
      "Keep a moving average of the weights with this decay; it is what is tested and written. 0: none. Default: the recipe's (none for d2l).",
    valueName: "x")
  var ema: Fraction?

  @Option(number: "End after <n> epochs in a row without a better test accuracy. Default: never.")
  var patience: Positive?

  @OptionGroup(title: "Learning-rate schedule") var schedule: ScheduleOptions

  /// The recipe that the options name, with what they change of it.
  func resolve() throws -> Recipe {
    var chosen = try named()
    if let optimizer { chosen.use(optimizer) }
    if let epochs { chosen.epochs = epochs.value }
    if let batchSize { chosen.batchSize = batchSize.value }
    if let accumulate { chosen.accumulate = accumulate.value }
    if let lr { chosen.lr = lr.value }
    if let momentum { chosen.momentum = momentum.value }
    if let nesterov { chosen.nesterov = nesterov }
    if let weightDecay { chosen.weightDecay = weightDecay.value }
    if let labelSmoothing { chosen.labelSmoothing = labelSmoothing.value }
    if let classWeights { chosen.classWeights = classWeights }
    if let clipNorm { chosen.clipNorm = clipNorm.value }
    if let ema { chosen.averageDecay = ema.value == 0 ? nil : ema.value }
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

extension Recipe.OptimizerKind: ExpressibleByArgument {}
extension Recipe.ClassWeights: ExpressibleByArgument {}

/// How the learning rate moves.
struct ScheduleOptions: ParsableArguments {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case constant, step, cosine
    case oneCycle = "one-cycle"
  }

  @Option(
    help: ArgumentHelp(
      "constant; step (multiplied by --lr-factor after each of --milestones); cosine (down to --min-lr along half a cosine); one-cycle (up and down along cosines, momentum the other way). As PyTorch's MultiStepLR, CosineAnnealingLR and OneCycleLR. Default: the recipe's (constant for d2l).",
      valueName: "name"))
  var schedule: Kind?

  @Option(
    help: ArgumentHelp(
      "Epochs after which a step schedule lowers the rate, as 5,8. Default: the recipe's.", valueName: "n,n,…"),
    transform: ScheduleOptions.parseMilestones)
  var milestones: [Int]?

  @Option(number: "What a step schedule multiplies the rate with. Default: the recipe's (0.1).", valueName: "x")
  var lrFactor: PositiveReal?

  @Option(number: "Where a cosine ends. Default: the recipe's (0).", valueName: "x")
  var minLr: NonNegativeReal?

  @Option(
    number:
      "Epochs in which the rate first rises linearly; not for one-cycle, which does so itself. Default: the recipe's (0).",
    valueName: "x")
  var warmupEpochs: NonNegativeReal?

  @Option(number: "Where that rise begins, in units of the rate. Default: 0.1.", valueName: "x")
  var warmupStart: Fraction?

  @Option(number: "The part of the updates in which one-cycle rises. Default: 0.3.", valueName: "x")
  var oneCycleRise: Fraction?

  @Sendable private static func parseMilestones(_ argument: String) throws -> [Int] {
    let epochs = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard epochs.allSatisfy({ (1...Positive.limit).contains($0) }), epochs == epochs.sorted() else {
      throw Failure(.usage, "expected rising numbers of epochs with commas between, as 5,8")
    }
    return epochs
  }

  /// A recipe's schedule with what the options change of it.
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

  /// Numbers of the shape that is chosen; a number of another one is a mistake.
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
      shape = .cosine(minimum: minLr.map { $0.value / peak } ?? old)
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
