public import ArgumentParser
import DenseNetData
public import DenseNetTasks
import DenseNets

extension ImageOptions.Fit: ExpressibleByArgument {}

enum FlipChoice: String, ExpressibleByArgument, CaseIterable { case random, alternating }

/// How training images are augmented and prepared. The recipe supplies what is not given.
struct AugmentationOptions: ParsableArguments {
  @Option(
    in: 0...1024, valueName: "n",
    "Pad each training image, at the network's size, with <n> black pixels on each side, then crop that size at a random place; 0 for none. Default: the recipe's, else 0."
  )
  var cropPadding: Int?

  @Option(
    defaultAsFlag: FlipChoice.random, parsing: .next,
    help:
      "Mirror training images: each with probability 0.5 (random), or each in every second epoch (alternating). Default: the recipe's, else --no-flip."
  )
  var flip: FlipChoice?

  @Flag(help: "Do not mirror training images.")
  var noFlip = false

  @Flag(
    inversion: .prefixedNo,
    help: "Flip each training image vertically with probability 0.5. Default: the recipe's, else --no-vertical-flip.")
  var verticalFlip: Bool?

  @Option(
    in: 0...180, valueName: "degrees",
    "Rotate training images by a random angle of up to this many degrees either way. Default: the recipe's, else 0.")
  var rotation: Double?

  @Option(
    in: 0...1, valueName: "share",
    "Train on random crops with at least this share of an image's area, resized to the network's size; 0 for whole images. 0.08 is usual for ImageNet. Default: the recipe's, else 0."
  )
  var randomResizedCrop: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Vary brightness, contrast, saturation (each by a factor from 1-x to 1+x) and hue (by up to x of the circle, at most 0.5), such as 0.4,0.4,0.4,0.1. Default: the recipe's, else 0,0,0,0.",
      valueName: "b,c,s,h"), transform: { try Augmentation.ColorJitter($0) })
  var colorJitter: Augmentation.ColorJitter?

  @Option(
    in: 0...1, valueName: "p",
    "Probability of blanking a random rectangle in a training image. Default: the recipe's, else 0.")
  var randomErasing: Double?

  @Option(
    in: 0...8192, valueName: "n",
    "Blank a square of <n>×<n> pixels at a random place in every training image. Default: the recipe's, else 0.")
  var cutout: Int?

  @Option(
    in: 0...100, valueName: "α",
    "Mix pairs of training images and of their labels, in proportions from Beta(α, α); 0 for none. Default: the recipe's, else 0."
  )
  var mixup: Double?

  @Option(
    in: 0...100, valueName: "α",
    "Paste a box of another training image into each, and mix their labels by area; the box has a share of the area from Beta(α, α), less what lies outside; 0 for none. Default: the recipe's, else 0."
  )
  var cutmix: Double?

  @Option(
    in: 0...1, valueName: "p",
    "Where --mixup and --cutmix are both above 0: the probability with which a batch takes --cutmix. Default: the recipe's, else 0.5."
  )
  var mixupSwitchProb: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Mean to subtract from each channel, whose values run from 0 to 1, and deviation to divide by: none, imagenet, dataset (those of up to 10,000 training images), or values such as 0.5,0.5,0.5:0.2,0.2,0.2. Recorded in the weights. Default: as --weights record, else the recipe's, else none.",
      valueName: "name or m,…:s,…"), transform: { try Normalization($0) })
  var normalize: Normalization?

  @Option(
    help: ArgumentHelp(
      "How images of any shape become square: squash (they are stretched), or crop (they are resized by the shorter side, then cropped at the centre). Recorded in the weights. Default: as --weights record, else crop for folder: and csv:, squash for others.",
      valueName: "name"))
  var fit: ImageOptions.Fit?

  @Flag(help: "Convert images to grey. Recorded in the weights. Default: colour images stay in colour.")
  var grey = false

  /// How images become the network's input; their size is given with the data.
  var images: ImageOptions {
    var images = ImageOptions()
    (images.fit, images.normalization, images.isGrey) = (fit, normalize, grey)
    return images
  }

  /// Applies the options to a recipe's augmentation.
  func change(_ augmentation: inout Augmentation) {
    if let cropPadding { augmentation.cropPadding = cropPadding }
    if flip != nil || noFlip { augmentation.horizontalFlip = noFlip ? 0 : 0.5 }
    augmentation.alternatingFlip = flip.map { $0 == .alternating } ?? augmentation.alternatingFlip
    if let verticalFlip { augmentation.verticalFlip = verticalFlip ? 0.5 : 0 }
    if let rotation { augmentation.rotation = rotation }
    if let share = randomResizedCrop { augmentation.randomResizedCrop = share > 0 ? max(share, 1e-4) : nil }
    augmentation.colorJitter = colorJitter ?? augmentation.colorJitter
    augmentation.randomErasing = randomErasing ?? augmentation.randomErasing
    augmentation.cutout = cutout ?? augmentation.cutout
    (augmentation.mixup, augmentation.cutmix) = (mixup ?? augmentation.mixup, cutmix ?? augmentation.cutmix)
    augmentation.mixupSwitchProb = mixupSwitchProb ?? augmentation.mixupSwitchProb
  }

  func validate() throws {
    if flip != nil, noFlip { throw Failure(.usage, "expected --flip or --no-flip, found both") }
  }
}

extension Option {
  /// A number from a range of whole bounds.
  fileprivate init<Number: LosslessStringConvertible & Comparable & Sendable>(
    in range: ClosedRange<Number>, valueName: String, _ help: String
  ) where Value == Number? {
    self.init(parsing: .unconditional, help: ArgumentHelp(help, valueName: valueName)) { (argument: String) in
      if let value = Number(argument), range.contains(value) { return value }
      let bounds = [range.lowerBound, range.upperBound].map { "\($0)".split(separator: ".")[0] }
      let kind = Number.self == Int.self ? "whole number" : "number"
      throw Failure(.usage, "expected a \(kind) from \(bounds[0]) to \(bounds[1])")
    }
  }
}
