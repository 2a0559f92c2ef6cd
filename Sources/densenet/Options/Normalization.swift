import DenseNetData
import DenseNets

/// What `--normalize` can name: what is subtracted from each channel's values of 0…1, and by what they are then divided.
enum Normalization {
  case none
  case imageNet
  case dataset
  case numbers(mean: [Double], std: [Double])

  @Sendable static func parse(_ argument: String) throws -> Normalization {
    switch argument {
    case "none": return .none
    case "imagenet": return .imageNet
    case "dataset": return .dataset
    default:
      let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      }
      guard parts.count == 2, parts[0].count == parts[1].count, [1, 3].contains(parts[0].count),
        parts[0].allSatisfy({ abs($0) <= 1000 }), parts[1].allSatisfy({ (1e-6...1000).contains($0) })
      else {
        throw Failure(
          .usage,
          "expected none, imagenet, dataset, or means and deviations of 1 or 3 channels as 0.5,0.5,0.5:0.2,0.2,0.2")
      }
      return .numbers(mean: parts[0], std: parts[1])
    }
  }

  /// The preprocessing with this normalisation.
  /// - Parameter train: the training images, of which `dataset` takes the statistics.
  /// - Throws: `Failure(.usage)` where the channels are others, and where an image cannot be read.
  func applied(to base: Preprocessing, train: any LabeledImages) throws -> Preprocessing {
    var result = base
    let channels = base.inputChannels
    switch self {
    case .none:
      result.mean = [Double](repeating: 0, count: channels)
      result.std = [Double](repeating: 1, count: channels)
    case .imageNet:
      guard channels == 3 else {
        throw Failure(.usage, "--normalize imagenet: expected images of 3 channels, found \(channels); use dataset")
      }
      (result.mean, result.std) = (Preprocessing.imageNet.mean, Preprocessing.imageNet.std)
    case .dataset:
      let statistics = try ChannelStatistics(of: train, preprocessing: base)
      (result.mean, result.std) = (statistics.mean, statistics.std)
    case .numbers(let mean, let std):
      guard mean.count == channels else {
        throw Failure(.usage, "--normalize: expected numbers for \(channels) channels, found \(mean.count)")
      }
      (result.mean, result.std) = (mean, std)
    }
    return result
  }
}
