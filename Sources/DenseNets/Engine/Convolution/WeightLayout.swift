/// How a convolution's weights lie when packed for the kernels.
struct WeightLayout: Sendable {
  let outChannels: Int
  let inChannels: Int
  let outPadded: Int
  /// Channels of the tile that the kernel reads: padded, or unpadded for a convolution of raw input.
  let inPadded: Int
  let kernel: Extent
  /// Where each input channel lies among the padded ones; nil: in its own place.
  let inMap: Buffer<Int32>?
  let algorithm: ConvolutionAlgorithm

  var taps: Int { kernel.area }
  /// Whether some packed values belong to no weight.
  var isPadded: Bool { outPadded != outChannels || padded(inPadded) != inChannels }
  var count: Int { outChannels * inChannels * taps }
  /// Enough for both directions.
  var packedCount: Int { outPadded * padded(inPadded) * algorithm.values(taps: taps) }
}
