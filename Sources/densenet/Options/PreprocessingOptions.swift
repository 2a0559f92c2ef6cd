public import ArgumentParser
import DenseNetData
import DenseNets

extension Interpolation: ExpressibleByArgument {}

/// How images become a network's input, overriding what the weights record.
struct PreprocessingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Resize images: 96 (to 96×96), 200x300 (to that height and width), short:256 (the shorter side) or none. With this option, images are cropped only if --crop is given too. Default: as the weights record, else short:256 for Table 1, 96 for d2l, 32 for CIFAR's.",
      valueName: "size"), transform: ResizeArgument.parse)
  var resize: ResizeArgument?

  @Option(
    help: ArgumentHelp(
      "Crop this size from the centre of the resized image: 224, 200x300 (height and width) or none. Default: as the weights record, else 224 for Table 1.",
      valueName: "size"), transform: CropArgument.parse)
  var crop: CropArgument?

  @Option(help: ArgumentHelp("Interpolation filter for resizing. Default: as the weights record, else bilinear."))
  var interpolation: Interpolation?

  @Option(
    help: ArgumentHelp(
      "Mean to subtract from each channel, whose values run from 0 to 1. Default: as the weights record, else ImageNet's for Table 1, 0 for others.",
      valueName: "x,x,x"), transform: ChannelNumbers.parse)
  var mean: ChannelNumbers?

  @Option(
    help: ArgumentHelp(
      "Deviation to divide each channel by, after subtracting the mean. Default: as the weights record, else ImageNet's for Table 1, 1 for others.",
      valueName: "x,x,x"), transform: ChannelNumbers.parse)
  var std: ChannelNumbers?

  /// - Throws: `Failure(.usage)` where the options contradict each other.
  func applied(to weights: Preprocessing) throws -> Preprocessing {
    var result = weights
    if let resize {
      result.resize = resize.value
      (result.crop, result.fill) = (nil, nil)
    }
    if let crop { result.crop = crop.value }
    if let interpolation { result.interpolation = interpolation }
    if let mean { result.mean = mean.values(channels: weights.inputChannels) }
    if let std { result.std = std.values(channels: weights.inputChannels) }
    try result.validate(.usage)
    return result
  }
}

struct ResizeArgument {
  let value: Preprocessing.Resize

  static func parse(_ argument: String) throws -> ResizeArgument {
    if argument == "none" { return ResizeArgument(value: .none) }
    if argument.hasPrefix("short:") {
      guard let side = Int(argument.dropFirst(6)) else { throw Failure(.usage, "expected a number after short:") }
      return ResizeArgument(value: .shorterSide(side))
    }
    let (height, width) = try imageSize(argument, or: "short:<n> or none")
    return ResizeArgument(value: .exact(height: height, width: width))
  }
}

struct CropArgument {
  let value: [Int]?

  static func parse(_ argument: String) throws -> CropArgument {
    if argument == "none" { return CropArgument(value: nil) }
    let (height, width) = try imageSize(argument, or: "none")
    return CropArgument(value: [height, width])
  }
}

/// One number for all channels, or one for each.
struct ChannelNumbers {
  private let numbers: [Double]

  static func parse(_ argument: String) throws -> ChannelNumbers {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard numbers.allSatisfy({ $0?.isFinite == true }) else {
      throw Failure(.usage, "expected numbers separated by commas, such as 0.485,0.456,0.406")
    }
    return ChannelNumbers(numbers: numbers.map { $0! })
  }

  func values(channels: Int) -> [Double] {
    numbers.count == 1 ? [Double](repeating: numbers[0], count: channels) : numbers
  }
}

/// `96`, or `200x300`: height and width.
private func imageSize(_ argument: String, or others: String) throws -> (Int, Int) {
  let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
  let limit = Preprocessing.largestSide
  guard (1...2).contains(sides.count), sides.allSatisfy({ (1...limit).contains($0 ?? 0) }) else {
    throw Failure(.usage, "expected <n> or <height>x<width> with sides of 1 to \(limit) pixels, \(others)")
  }
  return (sides[0]!, sides.last!!)
}
