public import DenseNetData
public import DenseNets

/// What is subtracted from each channel's values of 0…1, and by what they are then divided.
public enum Normalization: Sendable, Equatable {
  /// Values stay unchanged.
  case none
  /// Of ImageNet's images, in colour.
  case imageNet
  /// Mean and standard deviation of up to 10,000 training images.
  case dataset
  /// One number per channel, in units of white.
  case values(mean: [Double], std: [Double])

  /// - Parameter text: `none`, `imagenet`, `dataset`, or means and deviations such as `0.5,0.5,0.5:0.2,0.2,0.2`.
  /// - Throws: `Failure(.usage)` for anything else.
  public init(_ text: String) throws(Failure) {
    switch text {
    case "none": self = .none
    case "imagenet": self = .imageNet
    case "dataset": self = .dataset
    default:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false).map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      }
      guard parts.count == 2, parts[0].count == parts[1].count, [1, 3].contains(parts[0].count),
        parts[0].allSatisfy({ abs($0) <= 1000 }), parts[1].allSatisfy({ (1e-6...1000).contains($0) })
      else {
        throw Failure(
          .usage,
          "expected none, imagenet, dataset, or means and deviations for 1 or 3 channels, such as 0.5,0.5,0.5:0.2,0.2,0.2",
          settings: ["normalization"])
      }
      self = .values(mean: parts[0], std: parts[1])
    }
  }

  /// What ``init(_:)`` reads.
  public var text: String {
    switch self {
    case .none: "none"
    case .imageNet: "imagenet"
    case .dataset: "dataset"
    case .values(let mean, let std):
      [mean, std].map { $0.map { "\($0)" }.joined(separator: ",") }.joined(separator: ":")
    }
  }

  /// The preprocessing with this normalisation.
  /// - Parameter train: the training images, of which `dataset` takes the statistics.
  /// - Throws: `Failure(.usage)` where the channels are others, and where an image cannot be read.
  public func applied(to base: Preprocessing, train: any LabeledImages) throws(Failure) -> Preprocessing {
    var result = base
    let channels = base.inputChannels
    switch self {
    case .none:
      result.mean = [Double](repeating: 0, count: channels)
      result.std = [Double](repeating: 1, count: channels)
    case .imageNet:
      guard channels == 3 else {
        throw Failure(
          .usage,
          "normalization: ImageNet's is for images with 3 channels, found \(channels); use that of the dataset",
          settings: ["normalization"])
      }
      (result.mean, result.std) = (Preprocessing.imageNet.mean, Preprocessing.imageNet.std)
    case .dataset:
      let statistics = try ChannelStatistics(of: train, preprocessing: base)
      (result.mean, result.std) = (statistics.mean, statistics.std)
    case .values(let mean, let std):
      guard mean.count == channels, std.count == channels else {
        throw Failure(
          .usage, "normalization: expected numbers for \(channels) channels, found \(mean.count)",
          settings: ["normalization"])
      }
      (result.mean, result.std) = (mean, std)
    }
    return result
  }
}

/// As a string, ``Normalization/text``.
extension Normalization: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}
