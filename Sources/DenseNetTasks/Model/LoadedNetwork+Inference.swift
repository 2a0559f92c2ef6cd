import DenseNetData
import DenseNetIO
public import DenseNets

// What inference needs of weights beside the network.

extension LoadedNetwork {
  /// Decides what inference computes with.
  /// - Parameter precision: nil: bytes where the weights are quantized, else what the device computes with.
  /// - Throws: `Failure(.invalidData)` for int8 where the weights are not quantized.
  public mutating func compute(in precision: Precision?) throws(Failure) {
    guard precision != .int8 || quantization != nil else {
      throw Failure(
        .invalidData, "\(source): expected quantized weights for int8, found weights of numbers; quantize them first",
        settings: ["precision"])
    }
    if let precision, precision != .int8 { quantization = nil }
  }

  /// An inference-only network of these weights.
  /// - Throws: `Failure(.invalidData)` where a quantization is not of this network.
  public func predictor(device: Device = .current) throws(Failure) -> Predictor {
    guard let quantization else { return Predictor(net, device: device) }
    do throws(Failure) { return try Predictor(net, quantization: quantization, device: device) } catch {
      throw Failure(error.kind, "\(source): \(error.description)")
    }
  }

  /// What the weights say of their preprocessing, else the whole image squashed and not normalised.
  /// - Throws: `Failure(.invalidData)` where the images have other channels.
  func preprocessing(for images: any LabeledImages) throws -> Preprocessing {
    if card.preprocessing != nil { return try preprocessing() }
    guard configuration.inputChannels == images.channels else {
      throw Failure(
        .invalidData,
        "\(source): expected a network for images with \(images.channels) channels as \(images.name) has, found one for \(configuration.inputChannels); choose other weights"
      )
    }
    return .squashed(channels: images.channels, size: chosen.imageSide)
  }
}
