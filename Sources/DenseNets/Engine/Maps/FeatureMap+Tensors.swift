// MARK: - To and from tensors

extension FeatureMap {
  /// Writes a tensor `[N, C, H, W]` into slice `index`; statistics too, if wanted.
  func load(_ tensor: Tensor, slice index: Int, statistics: Bool, device: Device) {
    device.load(
      tensor.storage, stride: layout.slices[index], channels: layout.slices[index], into: valueSlice(index),
      stride: stride, pixels: pixels)
    if statistics { measure(index, device: device) }
  }

  /// Sets the statistics of slice `index` from its values.
  func measure(_ index: Int, device: Device) {
    let channels = padded(layout.slices[index])
    let area = Extent(height, width)
    device.withWorkspace(2 * images * channels) { memory in
      let moments = TileMoments(in: memory, at: 0, count: images * channels)
      device.measure(
        moments, of: valueSlice(index), stride: stride, channels: channels, area: area, images: images)
      setStatistics(index, from: moments, pixels: [Int32](repeating: Int32(area.area), count: images))
    }
  }

  /// Drops values of slice `index`, and sets its statistics.
  func drop(_ index: Int, _ mask: DropoutMask, device: Device) {
    drop(valueSlice(index), of: index, mask, device: device)
    measure(index, device: device)
  }

  /// Finishes the gradient of slice `index`, in place, and takes it through dropout.
  /// - Returns: the gradient, which is owed nothing more.
  func droppedGradient(_ index: Int, _ mask: DropoutMask, device: Device) -> UnfinishedGradient {
    let channels = padded(layout.slices[index])
    finishGradient(index, device: device)
    let gradient = gradientSlice(index)
    drop(gradient.gradient, of: index, mask, device: device)
    let nothing = Slice(Buffer<Float>(channels))
    return UnfinishedGradient(
      gradient: gradient.gradient, gradientStride: stride, value: gradient.value, valueStride: stride, a: nothing,
      b: nothing, mean: gradient.mean)
  }

  private func drop(_ values: MapSlice, of index: Int, _ mask: DropoutMask, device: Device) {
    device.drop(
      values, stride: stride, channels: padded(layout.slices[index]), area: height * width, images: images, mask)
  }

  /// Adds what batch norms owe to the gradient of slice `index`, in place.
  func finishGradient(_ index: Int, scale factor: Slice? = nil, device: Device) {
    let channels = padded(layout.slices[index])
    let ones = Buffer<Float>(channels)
    ones.fill(1, in: 0..<channels)
    let g = gradientSlice(index)
    device.normalizationGradient(
      g.gradient, of: g.gradient, input: g.value, mean: g.mean, scale: factor ?? Slice(ones), a: g.a, b: g.b,
      stride: stride, channels: channels, area: height * width, images: images)
  }

  /// Writes a tensor `[N, C, H, W]` of all channels into the gradient.
  func loadGradient(_ tensor: Tensor, device: Device) {
    var first = 0
    for (index, count) in layout.slices.enumerated() {
      device.load(
        tensor.storage, from: first, stride: layout.channels, channels: count,
        into: gradients.slice(at: layout.offset(index)), stride: stride, pixels: pixels)
      first += count
    }
  }

  /// All channels as a tensor `[N, C, H, W]`.
  func tensor(device: Device) -> Tensor { tensor(of: values, slices: layout.slices.indices, device: device) }

  /// Slice `index` as a tensor `[N, C, H, W]`.
  func tensor(slice index: Int, device: Device) -> Tensor {
    tensor(of: values, slices: index..<index + 1, device: device)
  }

  /// The finished gradient of slice `index` as a tensor `[N, C, H, W]`.
  /// - Parameter factor: multiplies the stored gradient, channel by channel, before what is owed is added.
  func gradientTensor(slice index: Int, scale factor: Slice? = nil, device: Device) -> Tensor {
    finishGradient(index, scale: factor, device: device)
    return tensor(of: gradients, slices: index..<index + 1, device: device)
  }

  private func tensor(of memory: MapMemory, slices: Range<Int>, device: Device) -> Tensor {
    let channels = layout.slices[slices].reduce(0, +)
    var storage = [Float](repeating: 0, count: pixels * channels)
    var first = 0
    for index in slices {
      device.read(
        memory.slice(at: layout.offset(index)), stride: stride, channels: layout.slices[index], pixels: pixels,
        into: &storage, at: first, stride: channels)
      first += layout.slices[index]
    }
    return Tensor(shape: [images, channels, height, width], storage: storage)
  }
}
