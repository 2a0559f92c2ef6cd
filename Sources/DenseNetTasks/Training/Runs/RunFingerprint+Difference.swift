import DenseNetData
import DenseNets

extension RunFingerprint {
  /// The settings in which a run differs from another.
  struct Difference: CustomStringConvertible {
    /// The names of the settings, sorted.
    let keys: [String]
    /// As one line: `recipe.lr: 0.1 there, 0.2 here`.
    let description: String

    /// - Parameters:
    ///   - old: as any version wrote it.
    ///   - ignored: settings that may differ.
    ///   - countsInstructionSet: false for a run that is complete, whose weights no longer change.
    /// - Returns: nil where nothing differs.
    init?(
      _ old: [String: String], _ new: [String: String], ignoring ignored: Set<String> = [],
      countsInstructionSet: Bool = true
    ) {
      let (there, here) = (RunFingerprint.withoutDefaults(old), RunFingerprint.withoutDefaults(new))
      func isComparable(_ key: String) -> Bool {
        !ignored.contains(key)
          && (key != instructionSetKey || countsInstructionSet && there[key] != nil && here[key] != nil)
      }
      keys = Set(there.keys).union(here.keys).filter { there[$0] != here[$0] && isComparable($0) }.sorted()
      if keys.isEmpty { return nil }
      let shown = keys.prefix(3).map {
        "\($0): \(RunFingerprint.value(there, $0)) there, \(RunFingerprint.value(here, $0)) here"
      }
      description = shown.joined(separator: "; ") + (keys.count > 3 ? "; and \(keys.count - 3) more" : "")
    }

    var isOfInstructionSet: Bool { keys.contains(instructionSetKey) }

    /// Whether nothing but the images' files differ.
    /// - Parameters: as of ``settings(_:_:)``.
    func isOfImagesAlone(_ old: RunConfig.Choices?, _ new: RunConfig.Choices) -> Bool {
      keys.allSatisfy(Self.isOfImages) && old?.settings(otherIn: new).isEmpty != false
    }

    private static func isOfImages(_ key: String) -> Bool {
      key == "dataset" || key.hasSuffix("_set") && key != instructionSetKey
    }

    /// The settings to change back, each once. Images that are others have the settings that choose them.
    /// - Parameters:
    ///   - old: what the run was begun with; nil: it does not say.
    ///   - new: what it is to be resumed with.
    func settings(_ old: RunConfig.Choices?, _ new: RunConfig.Choices) -> [Failure.Setting] {
      var result: [Failure.Setting] = []
      for key in keys {
        if let setting = RunFingerprint.setting(of: key), !result.contains(setting) { result.append(setting) }
      }
      return keys.contains(where: Self.isOfImages) ? result + (old?.settings(otherIn: new) ?? []) : result
    }
  }

  /// What a person sets, by the library's name of it.
  fileprivate static func setting(of key: String) -> Failure.Setting? {
    if let setting = names[key] { return setting }
    return prefixes.first { key.hasPrefix($0.prefix) }?.setting
  }

  private static let names: [String: Failure.Setting] = [
    "convolution": "convolution",
    "features_lr_scale": "featuresLearningRateScale",
    "freeze_norm": "freezeNorm",
    "initial_weights": "initialWeights",
    "max_steps": "maxSteps",
    "network.block_layers": "blockLayers",
    "network.bottleneck_width": "bottleneckWidth",
    "network.compression": "compression",
    "network.drop_rate": "dropRate",
    "network.growth_rate": "growthRate",
    "network.initial_features": "initialFeatures",
    "network.transition_pool": "transitionPool",
    "precision": "precision",
    "preprocessing.crop": "fit",
    "preprocessing.input_channels": "grey",
    "preprocessing.mean": "normalization",
    "preprocessing.std": "normalization",
    "recipe.accumulate": "accumulate",
    "recipe.augmentation.alternating_flip": "horizontalFlip",
    "recipe.augmentation.crop_padding": "cropPadding",
    "recipe.augmentation.cutmix": "cutmix",
    "recipe.augmentation.cutout": "cutout",
    "recipe.augmentation.horizontal_flip": "horizontalFlip",
    "recipe.augmentation.mixup": "mixup",
    "recipe.augmentation.mixup_switch_prob": "mixupSwitchProb",
    "recipe.augmentation.random_erasing": "randomErasing",
    "recipe.augmentation.random_resized_crop": "randomResizedCrop",
    "recipe.augmentation.rotation": "rotation",
    "recipe.augmentation.vertical_flip": "verticalFlip",
    "recipe.average_decay": "averageDecay",
    "recipe.average_statistics": "averageDecay",
    "recipe.batch_size": "batchSize",
    "recipe.class_weights": "classWeights",
    "recipe.clip_norm": "clipNorm",
    "recipe.epochs": "epochs",
    "recipe.label_smoothing": "labelSmoothing",
    "recipe.lr": "learningRate",
    "recipe.momentum": "momentum",
    "recipe.name": "recipe",
    "recipe.nesterov": "nesterov",
    "recipe.optimizer": "optimizer",
    "recipe.patience": "patience",
    "recipe.pos_weight": "positiveWeights",
    "recipe.progressive": "progressive",
    "recipe.schedule.shape.cosine.minimum": "minimumLearningRate",
    "recipe.schedule.shape.step.factor": "learningRateFactor",
    "recipe.schedule.shape.step.milestones": "milestones",
    "recipe.schedule.warmup_epochs": "warmupEpochs",
    "recipe.schedule.warmup_start": "warmupStart",
    "recipe.threshold": "threshold",
    "recipe.weight_decay": "weightDecay",
    "seed": "seed",
    "shuffle": "shuffle",
  ]

  private static let prefixes: [(prefix: String, setting: Failure.Setting)] = [
    ("freeze.", "freeze"), ("preprocessing.resize.", "imageSize"), ("recipe.augmentation.color_jitter.", "colorJitter"),
    ("recipe.schedule.shape.", "schedule"),
  ]
}

extension RunConfig.Choices {
  /// The settings that choose other images than these do.
  fileprivate func settings(otherIn new: RunConfig.Choices) -> [Failure.Setting] {
    // Older versions knew other shares and limits.
    guard limitRule == new.limitRule else { return [] }
    let (own, others) = (columns ?? TableColumns(), new.columns ?? TableColumns())
    let differences: [(Bool, Failure.Setting)] = [
      (own.path != others.path, "pathColumn"), (own.label != others.label, "labelColumn"),
      (own.labels != others.labels, "labelColumns"), (own.separator != others.separator, "labelSeparator"),
      (own.uncertain != others.uncertain, "uncertain"), (own.group != others.group, "groupColumn"),
      (validationShare != new.validationShare, "validationShare"), (testShare != new.testShare, "testShare"),
      (splitSeed != new.splitSeed, "splitSeed"), (trainLimit != new.trainLimit, "trainLimit"),
      (testLimit != new.testLimit, "testLimit"),
    ]
    return differences.filter(\.0).map(\.1)
  }
}
