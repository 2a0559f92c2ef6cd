import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// What the course of a run depends on, down to the last bit of its weights; a run is resumed only with the same.
///
/// `config.json` has it under `course`, and each checkpoint under `settings`: a text for each setting, nested ones by
/// their path, such as `recipe.lr`. The rule that lets runs outlive versions of the program:
///
/// - A setting that has the value in ``defaults`` is left out, and one that is absent has that value, or is unset where the
///   table has none. So a new setting changes no fingerprint of an old run, if its row in the table says what
///   runs had before there was the setting.
/// - A row of ``defaults`` never changes, even where the program's own default does.
/// - Older versions (up to 0.1.0) wrote every setting. Settings with the table's values are left out of theirs when they
///   are read, so that both kinds compare.
/// - `instruction_set` is compared only where both name one: those versions named none.
struct RunFingerprint: Encodable {
  let network: DenseNet.Configuration
  let dataset: String
  let testSet: String
  /// Nil where there are two parts.
  let validationSet: String?
  let preprocessing: Preprocessing
  let recipe: Recipe
  /// Where the weights began: the seed's, or a file's, by its content.
  let initialWeights: String
  let freeze: FrozenPart?
  let freezeNorm: Bool
  let featuresLrScale: Double
  let precision: String
  let convolution: String
  let seed: UInt64
  let shuffle: Bool
  let maxSteps: Int?
  let instructionSet: String

  init(
    _ options: TrainingOptions, _ network: DenseNet.Configuration, train: any LabeledImages,
    validation: (any LabeledImages)?, test: any LabeledImages, _ preprocessing: Preprocessing, weights: WeightsFile?,
    instructionSet: InstructionSet
  ) {
    (self.network, self.preprocessing, recipe) = (network, preprocessing, options.recipe)
    (dataset, validationSet, testSet) = (train.fingerprint, validation?.fingerprint, test.fingerprint)
    initialWeights = weights.map { "checksum \($0.checksum)" } ?? "from the seed"
    (freeze, freezeNorm) = (options.fineTuning.freeze, options.fineTuning.freezeNorm)
    featuresLrScale = options.fineTuning.featuresLearningRateScale
    (precision, convolution) = (options.compute.precision.rawValue, options.compute.convolution.rawValue)
    (seed, shuffle, maxSteps) = (options.seed, options.shuffles, options.maxSteps)
    // In fp32 the two compute the same.
    let isPlain = instructionSet == .avx512bf16 && options.compute.precision == .fp32
    self.instructionSet = (isPlain ? .avx512 : instructionSet).rawValue
  }

  /// The settings that have no default or another value, as text.
  var settings: [String: String] { Self.withoutDefaults(flattened) }

  /// Each setting as text.
  var flattened: [String: String] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(self), let object = try? JSONSerialization.jsonObject(with: data) else {
      return [:]
    }
    var result: [String: String] = [:]
    Self.flatten(object, "", into: &result)
    return result
  }

  private static func flatten(_ value: Any, _ path: String, into result: inout [String: String]) {
    if let object = value as? [String: Any] {
      // A case without values of its own, such as `freeze.features`.
      if object.isEmpty { result[path] = "yes" }
      for (key, value) in object { flatten(value, path.isEmpty ? key : "\(path).\(key)", into: &result) }
    } else if let list = value as? [Any] {
      result[path] = "[\(list.map { "\($0)" }.joined(separator: ", "))]"
    } else {
      result[path] = "\(value)"
    }
  }
}

// MARK: - Comparing

extension RunFingerprint {
  static let instructionSetKey = "instruction_set"

  /// The settings that say how long a run is; a run may be given others when it is resumed.
  static let lengthKeys: Set = ["recipe.epochs", "recipe.patience", "max_steps"]
  /// Where its length changes, a run may be given another learning rate too.
  static let rateKey = "recipe.lr"
  /// The end of a cosine, in units of the rate.
  static let floorKey = "recipe.schedule.shape.cosine.minimum"

  /// The sizes of images, of which the last one's epochs follow from the length.
  static let sizesKey = "recipe.progressive"

  static func withoutDefaults(_ settings: [String: String]) -> [String: String] {
    settings.filter { $0.value != defaults[$0.key] }
  }

  /// A setting's text, whether or not the fingerprint names it.
  static func value(_ settings: [String: String], _ key: String) -> String {
    settings[key] ?? defaults[key] ?? "nothing"
  }

  /// What a setting has that a fingerprint does not name. A part of the format: rows are added, never changed.
  static let defaults: [String: String] = [
    "convolution": "auto",
    "features_lr_scale": "1",
    "freeze_norm": "0",
    "initial_weights": "from the seed",
    "network.block_layers": "[4, 4, 4, 4]",
    "network.bottleneck_width": "<null>",
    "network.compression": "0.5",
    "network.convolution_bias": "1",
    "network.drop_rate": "0",
    "network.growth_rate": "32",
    "network.initial_features": "64",
    "network.input_channels": "1",
    "network.naming": "chapter",
    "network.num_classes": "10",
    "network.stem": "imagenet",
    "network.transition_pool": "average",
    "precision": "fp32",
    "preprocessing.input_channels": "1",
    "preprocessing.interpolation": "bilinear",
    "recipe.accumulate": "1",
    "recipe.augmentation.alternating_flip": "0",
    "recipe.augmentation.color_jitter.brightness": "0",
    "recipe.augmentation.color_jitter.contrast": "0",
    "recipe.augmentation.color_jitter.hue": "0",
    "recipe.augmentation.color_jitter.saturation": "0",
    "recipe.augmentation.crop_padding": "0",
    "recipe.augmentation.cutmix": "0",
    "recipe.augmentation.cutout": "0",
    "recipe.augmentation.horizontal_flip": "0",
    "recipe.augmentation.mixup": "0",
    "recipe.augmentation.mixup_switch_prob": "0.5",
    "recipe.augmentation.random_erasing": "0",
    "recipe.augmentation.rotation": "0",
    "recipe.augmentation.vertical_flip": "0",
    "recipe.batch_size": "256",
    "recipe.class_weights": "none",
    "recipe.epochs": "10",
    "recipe.label_smoothing": "0",
    "recipe.lr": "0.1",
    "recipe.momentum": "0",
    "recipe.name": "d2l",
    "recipe.nesterov": "0",
    "recipe.optimizer": "sgd",
    "recipe.progressive": "<null>",
    "recipe.schedule.shape.constant": "yes",
    "recipe.schedule.warmup_epochs": "0",
    "recipe.schedule.warmup_start": "0.1",
    "recipe.weight_decay": "0",
    "seed": "0",
    "shuffle": "1",
  ]
}
