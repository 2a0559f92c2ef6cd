/// Bilinear resizing of 8-bit images that equals Pillow's `Image.resize(size, Image.Resampling.BILINEAR)` bit for bit.
///
/// A triangle filter along one axis, then along the other, in fixed-point arithmetic; the image between the two passes
/// is rounded to 8 bits. An axis whose size stays is left alone. The weights are computed once, by the initialiser.
///
/// The width changes first, except where the height loses more than twice as many pixels as the width: that order is
/// Pillow 13's. Earlier versions always begin with the width, which is the same for square images.
public struct PillowResize: Sendable {
  /// The size of images that come in: height, width.
  public let inputSize: (height: Int, width: Int)
  /// The size of images that go out: height, width.
  public let outputSize: (height: Int, width: Int)
  /// Interleaved values for each pixel: 1 for grey, 3 for RGB.
  public let channels: Int
  private let rows: ResizeTable?
  private let columns: ResizeTable?
  private let heightIsFirst: Bool

  /// - Precondition: every extent is positive.
  public init(from inputSize: (height: Int, width: Int), to outputSize: (height: Int, width: Int), channels: Int) {
    precondition(
      min(inputSize.height, inputSize.width, outputSize.height, outputSize.width, channels) > 0,
      "sizes must be positive, found \(inputSize) to \(outputSize) with \(channels) channels")
    self.inputSize = inputSize
    self.outputSize = outputSize
    self.channels = channels
    rows = inputSize.height == outputSize.height ? nil : ResizeTable(from: inputSize.height, to: outputSize.height)
    columns = inputSize.width == outputSize.width ? nil : ResizeTable(from: inputSize.width, to: outputSize.width)
    let lostHeight = inputSize.height - outputSize.height
    heightIsFirst = lostHeight > max(2 * (inputSize.width - outputSize.width), 0)
  }

  /// Resizes any number of images.
  /// - Parameter pixels: `[N, H, W, C]` of the input size.
  /// - Returns: `[N, H, W, C]` of the output size.
  public func callAsFunction(_ pixels: [UInt8]) -> [UInt8] {
    let count = pixels.count / inputCount
    precondition(
      pixels.count == count * inputCount,
      "images of \(inputSize) with \(channels) channels have \(inputCount) values each, found \(pixels.count) in all")
    if count == 0 { return [] }
    var scratch = makeScratch()
    return [UInt8](unsafeUninitializedCapacity: count * outputCount) { result, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for n in 0..<count {
          resize(pixels.baseAddress! + n * inputCount, into: result.baseAddress! + n * outputCount, scratch: &scratch)
        }
      }
      filled = count * outputCount
    }
  }

  /// The number of values of an image that comes in.
  var inputCount: Int { inputSize.height * inputSize.width * channels }
  /// The number of values of an image that goes out.
  var outputCount: Int { outputSize.height * outputSize.width * channels }

  /// Room for the image between the two passes, and for sums.
  struct Scratch {
    fileprivate var image: [UInt8]
    fileprivate var sums: [Int32]
  }

  func makeScratch() -> Scratch {
    let (height, width) =
      heightIsFirst ? (outputSize.height, inputSize.width) : (inputSize.height, outputSize.width)
    return Scratch(
      image: [UInt8](repeating: 0, count: height * width * channels),
      sums: [Int32](repeating: 0, count: max(inputSize.width, outputSize.width) * channels))
  }

  /// Resizes one image of ``inputCount`` values into ``outputCount`` values.
  func resize(_ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>, scratch: inout Scratch) {
    scratch.image.withUnsafeMutableBufferPointer { image in
      scratch.sums.withUnsafeMutableBufferPointer { sums in
        let (image, sums) = (image.baseAddress!, sums.baseAddress!)
        switch (rows, columns) {
        case (nil, nil): output.update(from: input, count: inputCount)
        case (nil, let columns?): changeWidth(input, into: output, height: inputSize.height, columns)
        case (let rows?, nil): changeHeight(input, into: output, width: inputSize.width, rows, sums)
        case (let rows?, let columns?) where heightIsFirst:
          changeHeight(input, into: image, width: inputSize.width, rows, sums)
          changeWidth(image, into: output, height: outputSize.height, columns)
        case (let rows?, let columns?):
          changeWidth(input, into: image, height: inputSize.height, columns)
          changeHeight(image, into: output, width: outputSize.width, rows, sums)
        }
      }
    }
  }

  /// `[height, inputWidth, C]` to `[height, outputWidth, C]`.
  private func changeWidth(
    _ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>, height: Int, _ columns: ResizeTable
  ) {
    let (channels, width) = (channels, outputSize.width)
    let (inputStride, outputStride) = (inputSize.width * channels, width * channels)
    columns.weights.withUnsafeBufferPointer { weights in
      for x in 0..<width {
        let (begin, end) = (columns.firstWeight[x], columns.firstWeight[x + 1])
        let first = columns.firstInput[x] * channels
        for y in 0..<height {
          for c in 0..<channels {
            let source = input + y * inputStride + first + c
            var sum = half
            for k in begin..<end { sum &+= Int32(source[(k &- begin) &* channels]) &* weights[k] }
            output[y * outputStride + x * channels + c] = rounded(sum)
          }
        }
      }
    }
  }

  /// `[inputHeight, width, C]` to `[outputHeight, width, C]`.
  private func changeHeight(
    _ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>, width: Int, _ rows: ResizeTable,
    _ sums: UnsafeMutablePointer<Int32>
  ) {
    let count = width * channels
    for y in 0..<outputSize.height {
      let (begin, end) = (rows.firstWeight[y], rows.firstWeight[y + 1])
      let result = output + y * count
      var source = input + rows.firstInput[y] * count
      if end - begin == 2 {
        let (first, second) = (rows.weights[begin], rows.weights[begin + 1])
        let next = source + count
        for x in 0..<count {
          result[x] = rounded(half &+ Int32(source[x]) &* first &+ Int32(next[x]) &* second)
        }
        continue
      }
      sums.update(repeating: half, count: count)
      for k in begin..<end {
        let weight = rows.weights[k]
        for x in 0..<count { sums[x] &+= Int32(source[x]) &* weight }
        source += count
      }
      for x in 0..<count { result[x] = rounded(sums[x]) }
    }
  }
}

private let half = Int32(1) << (ResizeTable.fractionBits - 1)

/// A sum of weighted values to 8 bits, halves upwards.
@inline(__always)
private func rounded(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: min(max(sum >> ResizeTable.fractionBits, 0), 255))
}
