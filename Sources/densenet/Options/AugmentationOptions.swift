public import ArgumentParser
import DenseNetData
public import DenseNetTasks
import DenseNets

extension ImageOptions.Fit: ExpressibleByArgument {}

enum FlipChoice: String, ExpressibleByArgument, CaseIterable { case random, alternating }

/// How training images are augmented and prepared. The recipe supplies what is not given.
struct AugmentationOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pad each training image, at the network's size, with <n> black pixels on each side, then crop that size at a random place; 0 for none. Default: the recipe's, else 0.",
      valueName: "n"), transform: { Int(try number($0, in: 0...1024, whole: true)) })
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
    parsing: .unconditional,
    help: ArgumentHelp(
      "Rotate training images by a random angle of up to this many degrees either way. Default: the recipe's, else 0.",
      valueName: "degrees"), transform: { try number($0, in: 0...180) })
  var rotation: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train on random crops with at least this share of an image's area, resized to the network's size; 0 for whole images. 0.08 is usual for ImageNet. Default: the recipe's, else 0.",
      valueName: "share"), transform: { try number($0, in: 0...1) })
  var randomResizedCrop: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Vary brightness, contrast, saturation (each by a factor from 1-x to 1+x) and hue (by up to x of the circle, at most 0.5), such as 0.4,0.4,0.4,0.1. Default: the recipe's, else 0,0,0,0.",
      valueName: "b,c,s,h"), transform: AugmentationOptions.parseColors)
  var colorJitter: Augmentation.ColorJitter?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Probability of blanking a random rectangle in a training image. Default: the recipe's, else 0.",
      valueName: "p"), transform: { try number($0, in: 0...1) })
  var randomErasing: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Blank a square of <n>×<n> pixels at a random place in every training image. Default: the recipe's, else 0.",
      valueName: "n"), transform: { Int(try number($0, in: 0...8192, whole: true)) })
  var cutout: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Mix pairs of training images and of their labels, in proportions from Beta(α, α); 0 for none. Default: the recipe's, else 0.",
      valueName: "α"), transform: { try number($0, in: 0...100) })
  var mixup: Double?

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
    if let randomResizedCrop {
      augmentation.randomResizedCrop = randomResizedCrop > 0 ? max(randomResizedCrop, 1e-4) : nil
    }
    if let colorJitter { augmentation.colorJitter = colorJitter }
    if let randomErasing { augmentation.randomErasing = randomErasing }
    if let cutout { augmentation.cutout = cutout }
    if let mixup { augmentation.mixup = mixup }
  }

  func validate() throws {
    if flip != nil, noFlip { throw Failure(.usage, "expected --flip or --no-flip, found both") }
  }

  @Sendable private static func parseColors(_ argument: String) throws -> Augmentation.ColorJitter {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard parts.count == 4, parts[..<3].allSatisfy({ (0...10).contains($0) }), (0...0.5).contains(parts[3]) else {
      throw Failure(.usage, "expected three numbers from 0 to 10 and one from 0 to 0.5, such as 0.4,0.4,0.4,0.1")
    }
    return .init(brightness: parts[0], contrast: parts[1], saturation: parts[2], hue: parts[3])
  }
}

/// - Throws: what was expected; the parser adds where and what was found.
private func number(_ argument: String, in range: ClosedRange<Double>, whole: Bool = false) throws -> Double {
  guard let value = Double(argument), range.contains(value), !whole || value == value.rounded() else {
    let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
    throw Failure(.usage, "expected a \(whole ? "whole number" : "number") from \(low) to \(high)")
  }
  return value
}
