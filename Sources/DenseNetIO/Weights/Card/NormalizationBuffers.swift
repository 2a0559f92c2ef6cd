import DenseNets

/// Buffers of means and standard deviations beside a network's layers: the wrapping module normalises its input itself.
enum NormalizationBuffers {
  private static let means: Set<String> = ["mean", "_mean", "pixel_mean", "image_mean", "norm_mean", "input_mean"]
  /// The modules that such buffers may lie in, beside those that wrap a whole network: other parts, such as a metric or the
  /// scaling of a target, have means too.
  private static let modules: Set<String> = [
    "normalize", "normalizer", "normalization", "norm", "preprocess", "preprocessor", "preprocessing",
    "data_preprocessor", "transform", "transforms", "input_norm", "image_norm", "img_norm",
  ]
  /// Values beyond this are in units of 1/255 of white.
  private static let largestShare: Float = 1.5

  private struct Pair {
    let mean: NamedTensor
    let std: NamedTensor
  }

  /// Makes the preprocessing of them, where the file has none of its own.
  /// - Parameter extra: tensors that are not of the network.
  /// - Returns: the names of the buffers that were used, and what the reader should know; nil where there are none, or
  ///   where several could be meant.
  static func describe(
    _ extra: [NamedTensor], of file: inout WeightsFile
  ) -> (tensors: Set<String>, note: String)? {
    var card = file.networkCard
    guard card.preprocessing == nil, let configuration = try? card.configuration?.value else { return nil }
    let pairs = pairs(in: extra)
    guard pairs.count == 1, let pair = pairs.first,
      let mean = values(pair.mean, channels: configuration.inputChannels),
      let std = values(pair.std, channels: configuration.inputChannels)
    else { return nil }
    let isOfBytes = (mean + std).contains { abs($0) > largestShare }
    guard isPlausible(mean, std, white: isOfBytes ? 255 : 1) else { return nil }
    var preprocessing = configuration.standardPreprocessing
    preprocessing.mean = mean.map { isOfBytes ? Double($0) / 255 : Double($0) }
    preprocessing.std = std.map { isOfBytes ? Double($0) / 255 : Double($0) }
    card = file.card
    card.preprocessing = CardEntry(preprocessing)
    file.card = card
    let names = [pair.mean.name, pair.std.name]
    return (
      Set(names),
      "\(names.map { printable($0) }.joined(separator: " and ")) normalise the input\(isOfBytes ? ", in values of 0 to 255" : "")"
    )
  }

  /// The means that have standard deviations by the same name.
  private static func pairs(in tensors: [NamedTensor]) -> [Pair] {
    tensors.compactMap { mean in
      let parts = mean.name.split(separator: ".", omittingEmptySubsequences: false)
      guard let last = parts.last, means.contains(String(last)) else { return nil }
      let module = parts.dropLast().last.map(String.init) ?? "module"
      guard modules.contains(module.lowercased()) || EntryNames.states.contains(module) else { return nil }
      let wanted = (parts.dropLast() + [Substring(last.replacing("mean", with: "std"))]).joined(separator: ".")
      return tensors.first { $0.name == wanted }.map { Pair(mean: mean, std: $0) }
    }
  }

  /// Whether images may be normalised so, their channels in the order red, green, blue.
  private static func isPlausible(_ mean: [Float], _ std: [Float], white: Float) -> Bool {
    let isReversed = mean.count == 3 && abs(mean[0] / white - 0.406) < 0.005 && abs(mean[2] / white - 0.485) < 0.005
    return !isReversed && mean.allSatisfy { (0...0.95).contains($0 / white) }
      && std.allSatisfy { (0.02...1).contains($0 / white) }
  }

  /// One per channel; nil where the tensor is none of that.
  private static func values(_ tensor: NamedTensor, channels: Int) -> [Float]? {
    guard let values = tensor.value.tensor?.values, values.count == 1 || values.count == channels,
      values.allSatisfy(\.isFinite)
    else { return nil }
    return values.count == channels ? values : [Float](repeating: values[0], count: channels)
  }
}
