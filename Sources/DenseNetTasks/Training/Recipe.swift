public import DenseNetData
public import DenseNets

/// How a network is trained: what determines a training run, apart from network, images and seed.
///
/// ```swift
/// var recipe = Recipe.fast
/// recipe.epochs = 5
/// recipe.use(.adamw)
/// ```
public struct Recipe: Codable, Equatable, Sendable {
  /// The optimizers there are.
  public enum OptimizerKind: String, Codable, CaseIterable, Sendable {
    case sgd, adam, adamw
  }

  /// What an image's loss is weighted with.
  public enum ClassWeights: String, Codable, CaseIterable, Sendable {
    /// Every image counts the same.
    case none
    /// images / (classes · images of its class).
    case balanced
  }

  /// For `config.json`; it decides nothing.
  public var name: String
  /// The network it is for, where none is chosen.
  public var model: String?
  /// The dataset it is for, where none is chosen.
  public var dataset: String?
  /// The height and width of the images, in pixels, where neither a choice nor the weights say another.
  public var resize: Int?
  /// Where neither a choice nor the weights say another.
  public var normalize: Normalization?
  public var augmentation = Augmentation.none
  /// Passes over the training images.
  public var epochs = 10
  /// Sizes of the images that follow each other, in ``epochs`` in all, with cropping and blanking in pixels of the last
  /// one; nil: one size.
  public var progressive: ProgressiveSizes?
  /// Images per batch.
  public var batchSize = 256
  /// Batches per update.
  public var accumulate = 1
  public var optimizer = OptimizerKind.sgd
  /// The peak learning rate.
  public var lr = 0.1
  /// SGD's momentum, or Adam's β₁.
  public var momentum = 0.0
  /// Nesterov's momentum, with SGD.
  public var nesterov = false
  /// Added to the gradient by SGD and Adam, decoupled with AdamW.
  public var weightDecay = 0.0
  public var schedule = LearningRateSchedule()
  /// The part of a label that all classes share, from 0 to below 1.
  public var labelSmoothing = 0.0
  public var classWeights = ClassWeights.none
  /// Of images with several labels; nil: 1 for each.
  public var posWeight: PositiveWeights?
  /// Of images with several labels; nil: 0.5 for each.
  public var threshold: DecisionThreshold?
  /// The largest norm of all gradients together; nil: no limit.
  public var clipNorm: Double?
  /// Of the weights' moving average, which is then what is tested and written; nil: none is kept.
  public var averageDecay: Double?
  /// Training images by which the batch norms of averaged weights are measured anew before these are tested, in whole
  /// batches; nil: their statistics are averaged too.
  public var averageStatistics: Int?
  /// Epochs in a row without a better test accuracy that end a run; nil: never.
  public var patience: Int?

  /// The chapter's recipe under another name, to be changed.
  public init(
    name: String, model: String? = nil, dataset: String? = nil, resize: Int? = nil, normalize: Normalization? = nil
  ) {
    (self.name, self.model, self.dataset, self.resize, self.normalize) = (name, model, dataset, resize, normalize)
  }
}

extension Recipe {
  /// The chapter's: plain SGD.
  public static let d2l = Recipe(name: "d2l")

  /// The paper's for CIFAR (§4.2), with its usual augmentation: 300 epochs of batches of 64, SGD with Nesterov momentum
  /// 0.9 and weight decay 1e-4, learning rate 0.1, a tenth of it after half and after three quarters of the epochs.
  public static let paperCIFAR: Recipe = {
    var recipe = Recipe(name: "paper-cifar", model: "densenet-bc-100-12", dataset: "cifar10", normalize: .dataset)
    recipe.augmentation.cropPadding = 4
    recipe.augmentation.horizontalFlip = 0.5
    (recipe.epochs, recipe.batchSize) = (300, 64)
    (recipe.momentum, recipe.nesterov, recipe.weightDecay) = (0.9, true, 1e-4)
    recipe.schedule = LearningRateSchedule(.step(milestones: [150, 225], factor: 0.1))
    return recipe
  }()

  /// For Fashion-MNIST, within an hour of two cores: SGD with Nesterov momentum, a cosine, augmentation, an average of
  /// the weights; 20 epochs.
  public static let fast = modern("fast", epochs: 20)

  /// The same, longer (36 epochs), with more augmentation.
  public static let best: Recipe = {
    var recipe = modern("best", epochs: 36)
    recipe.augmentation.randomErasing = 0.25
    return recipe
  }()

  private static func modern(_ name: String, epochs: Int) -> Recipe {
    var recipe = Recipe(name: name, normalize: .dataset)
    recipe.augmentation.cropPadding = 8
    recipe.augmentation.horizontalFlip = 0.5
    (recipe.epochs, recipe.batchSize) = (epochs, 128)
    (recipe.momentum, recipe.nesterov, recipe.weightDecay) = (0.9, true, 5e-4)
    recipe.schedule = LearningRateSchedule(.cosine(minimum: 0), warmupEpochs: 1)
    recipe.labelSmoothing = 0.1
    recipe.keepAverage(decay: 0.999)
    return recipe
  }

  /// The recipes that have a name.
  public static let all = [d2l, fast, best, paperCIFAR]

  /// - Throws: `Failure(.usage)` where no recipe has that name.
  public init(named name: String) throws(Failure) {
    guard let recipe = Self.all.first(where: { $0.name == name }) else {
      throw Failure(
        .usage, "recipe: expected \(Self.all.map(\.name).joined(separator: ", ")), found \"\(name)\"",
        settings: ["recipe"])
    }
    self = recipe
  }
}
