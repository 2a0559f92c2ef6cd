import DenseNetData
import DenseNets

/// What decides the course of a training run, besides network, images and seed.
struct Recipe: Codable, Equatable {
  /// The optimizers that `--optimizer` can name.
  enum OptimizerKind: String, Codable, CaseIterable {
    case sgd, adam, adamw
  }

  /// What `--class-weights` can name.
  enum ClassWeights: String, Codable, CaseIterable {
    case none, balanced
  }

  var name: String
  /// What it is for, where the command line names no other.
  var model: String?
  var dataset: String?
  var resize: Int?
  /// `none`, `imagenet`, `dataset`, or numbers.
  var normalize: String?
  var augmentation = Augmentation.none
  var epochs = 10
  var batchSize = 256
  /// Batches of one update.
  var accumulate = 1
  var optimizer = OptimizerKind.sgd
  var lr = 0.1
  /// SGD's.
  var momentum = 0.0
  var nesterov = false
  var weightDecay = 0.0
  var schedule = LearningRateSchedule()
  var labelSmoothing = 0.0
  var classWeights = ClassWeights.none
  /// The largest norm of all gradients together.
  var clipNorm: Double?
  /// Of the weights' moving average; nil: none is kept.
  var averageDecay: Double?
  /// Epochs without a better test accuracy that end a run.
  var patience: Int?
}

extension Recipe {
  /// The chapter's: plain SGD.
  static let d2l = Recipe(name: "d2l")

  /// The paper's for CIFAR (§4.2), with its usual augmentation: 300 epochs of batches of 64, SGD with Nesterov momentum 0.9 and
  /// weight decay 1e-4, learning rate 0.1, a tenth of it after half and after three quarters of the epochs.
  static let paperCIFAR: Recipe = {
    var recipe = Recipe(name: "paper-cifar", model: "densenet-bc-100-12", dataset: "cifar10", normalize: "dataset")
    recipe.augmentation.cropPadding = 4
    recipe.augmentation.horizontalFlip = 0.5
    (recipe.epochs, recipe.batchSize) = (300, 64)
    (recipe.momentum, recipe.nesterov, recipe.weightDecay) = (0.9, true, 1e-4)
    recipe.schedule = LearningRateSchedule(.step(milestones: [150, 225], factor: 0.1))
    return recipe
  }()

  /// For Fashion-MNIST, within an hour of two cores.
  static let fast = modern("fast", epochs: 20)

  /// The same, longer, with more augmentation.
  static let best: Recipe = {
    var recipe = modern("best", epochs: 36)
    recipe.augmentation.randomErasing = 0.25
    return recipe
  }()

  private static func modern(_ name: String, epochs: Int) -> Recipe {
    var recipe = Recipe(name: name, normalize: "dataset")
    recipe.augmentation.cropPadding = 8
    recipe.augmentation.horizontalFlip = 0.5
    (recipe.epochs, recipe.batchSize) = (epochs, 128)
    (recipe.momentum, recipe.nesterov, recipe.weightDecay) = (0.9, true, 5e-4)
    recipe.schedule = LearningRateSchedule(.cosine(minimum: 0), warmupEpochs: 1)
    recipe.labelSmoothing = 0.1
    recipe.averageDecay = 0.999
    return recipe
  }

  static let all = [d2l, fast, best, paperCIFAR]
}
