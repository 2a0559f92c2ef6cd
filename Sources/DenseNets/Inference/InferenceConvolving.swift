/// A fused convolution whose weights no longer change, as a pass runs it.
protocol InferenceConvolving: Sendable {
  /// Padded.
  var inputChannels: Int { get }
  /// Padded.
  var outputChannels: Int { get }
  var kernel: Extent { get }
  var padding: Extent { get }

  /// Packs the weights for maps of `precision`, unless they are.
  func prepare(_ shape: ConvolutionShape, _ precision: Precision, device: Device)

  /// - Parameters:
  ///   - shape: with all output channels, cut into tiles.
  ///   - splits: parts of the output channels that are separate items of work.
  func run(
    _ shape: ConvolutionShape, splits: Int, from input: MapSlice, to output: MapSlice, images: Int, device: Device)
}
