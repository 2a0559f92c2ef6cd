internal import DenseNets

/// Makes batches from a dataset: gathers images, resizes them and divides by 255.
struct BatchAssembler: Sendable {
  let dataset: ImageDataset
  private let resize: PillowResize?

  init(dataset: ImageDataset, size: Int?) {
    self.dataset = dataset
    resize = size.flatMap {
      dataset.height == $0 && dataset.width == $0
        ? nil
        : PillowResize(from: (dataset.height, dataset.width), to: ($0, $0), channels: dataset.channels)
    }
  }

  /// The images of the given indices, in their order.
  func batch(_ indices: ArraySlice<Int>) -> LabeledBatch {
    let height = resize?.outputSize.height ?? dataset.height
    let width = resize?.outputSize.width ?? dataset.width
    let inputCount = dataset.height * dataset.width * dataset.channels
    let outputCount = height * width * dataset.channels
    var image = [UInt8](repeating: 0, count: outputCount)
    var scratch = resize?.makeScratch()
    let pixels = [Float](unsafeUninitializedCapacity: indices.count * outputCount) { result, filled in
      dataset.pixels.withUnsafeBufferPointer { source in
        image.withUnsafeMutableBufferPointer { image in
          var target = result.baseAddress!
          for index in indices {
            let original = source.baseAddress! + index * inputCount
            if let resize {
              resize.resize(original, into: image.baseAddress!, scratch: &scratch!)
              scale(image.baseAddress!, into: target, count: outputCount)
            } else {
              scale(original, into: target, count: outputCount)
            }
            target += outputCount
          }
        }
      }
      filled = indices.count * outputCount
    }
    return LabeledBatch(
      images: Tensor(shape: [indices.count, dataset.channels, height, width], channelsLast: pixels),
      labels: indices.map { dataset.labels[$0] })
  }

  private func scale(_ pixels: UnsafePointer<UInt8>, into values: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { values[i] = Float(pixels[i]) / 255 }
  }
}
