/// One convolution over a group of images, planned: its cut, its weights, and who does what.
///
/// In inference a pixel's value does not depend on the cut, which may therefore follow the images and the threads.
struct InferencePass {
  private let convolution: any InferenceConvolving
  /// With all output channels.
  private let shape: ConvolutionShape
  /// Parts of the output channels that are separate items of work.
  private let splits: Int

  /// - Parameters:
  ///   - size: of the source.
  ///   - images: of a group.
  init(
    _ convolution: any InferenceConvolving, size: Extent, inStride: Int, outStride: Int, pool: Extent = 1, images: Int,
    precision: Precision, device: Device
  ) {
    self.convolution = convolution
    var shape = ConvolutionShape(
      height: size.height, width: size.width, inChannels: convolution.inputChannels, inStride: inStride,
      outChannels: convolution.outputChannels, outStride: outStride, kernel: convolution.kernel,
      padding: convolution.padding, pool: pool,
      choice: device.convolution)
    splits = shape.cutForInference(images: images, precision: precision, device: device)
    self.shape = shape
    convolution.prepare(shape, precision, device: device)
  }

  /// - Parameter count: images of this group; at most as many as planned.
  func run(from input: MapSlice, to output: MapSlice, count: Int, device: Device) {
    convolution.run(shape, splits: splits, from: input, to: output, images: count, device: device)
  }
}

extension ConvolutionShape {
  /// Chooses algorithm and tiles for a group of images; returns into how many parts to split the output channels.
  fileprivate mutating func cutForInference(images: Int, precision: Precision, device: Device) -> Int {
    let algorithm = inferenceAlgorithm(images: images, precision: precision, device: device)
    switch algorithm {
    case .winograd(let side): setSquares(side, images: images, threads: device.threads)
    case .direct: setRows(images: images, threads: device.threads)
    }
    let tiles = tileCount(images: images)
    let groups = (outChannels + Tiling.channelGroup - 1) / Tiling.channelGroup
    return algorithm == .direct ? min(groups, max(1, (device.threads + tiles - 1) / tiles)) : 1
  }

  /// Winograd's products count more than direct ones, for their transforms; with few squares each weight, of which there
  /// are more, is used too seldom.
  private func inferenceAlgorithm(images: Int, precision: Precision, device: Device) -> ConvolutionAlgorithm {
    guard precision != .int8, device.convolution != .direct, kernel == 3, padding == 1, pool == 1, keepsSize else {
      return .direct
    }
    func squares(_ side: Int) -> Int { images * ((outHeight + side - 1) / side) * ((outWidth + side - 1) / side) }
    func products(_ side: Int) -> Int { (side + 2) * (side + 2) * squares(side) }
    let side = products(6) < products(4) && squares(6) >= 16 ? 6 : 4
    if device.convolution == .winograd { return .winograd(side: side) }
    let direct = 9 * images * outHeight * outWidth
    let isNative = precision == .bf16 && device.instructionSet == .avx512bf16
    let worth = squares(side) >= 16 && Double(products(side)) * (isNative ? 3.2 : 1.6) <= Double(direct)
    return worth ? .winograd(side: side) : .direct
  }
}
