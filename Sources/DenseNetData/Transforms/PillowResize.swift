public import DenseNets

/// Resizing of 8-bit images that equals Pillow's `Image.resize(size, filter)` bit for bit.
///
/// A filter along one axis, then along the other, in fixed-point arithmetic; the image between the two passes is
/// rounded to 8 bits. An axis whose size stays the same is left alone. The weights are computed once, by the
/// initialiser.
///
/// The width changes first, except where the height loses more than twice as many pixels as the width: that order is
/// Pillow 13's. Earlier versions always begin with the width, which is the same for square images.
public struct PillowResize: Sendable {
  /// The size of input images: height, width.
  public let inputSize: (height: Int, width: Int)
  /// The size of output images: height, width.
  public let outputSize: (height: Int, width: Int)
  /// Interleaved values for each pixel: 1 for grey, 3 for RGB.
  public let channels: Int
  private let rows: Axis
  private let columns: Axis
  private let heightIsFirst: Bool

  /// - Precondition: every extent is positive.
  public init(
    from inputSize: (height: Int, width: Int), to outputSize: (height: Int, width: Int), channels: Int,
    filter: Interpolation = .bilinear
  ) {
    self.init(
      from: inputSize, to: outputSize, rows: 0..<max(outputSize.height, 1), columns: 0..<max(outputSize.width, 1),
      channels: channels, filter: filter)
  }

  /// Makes only a part of the resized image.
  /// - Parameters:
  ///   - fullSize: of the whole resized image.
  ///   - rows: the rows of the resized image to make.
  ///   - columns: the columns of the resized image to make.
  init(
    from inputSize: (height: Int, width: Int), to fullSize: (height: Int, width: Int), rows: Range<Int>,
    columns: Range<Int>, channels: Int, filter: Interpolation
  ) {
    precondition(
      min(inputSize.height, inputSize.width, fullSize.height, fullSize.width, channels) > 0,
      "sizes must be positive, found \(inputSize) to \(fullSize) with \(channels) channels")
    precondition(
      !rows.isEmpty && !columns.isEmpty && rows.lowerBound >= 0 && columns.lowerBound >= 0
        && rows.upperBound <= fullSize.height && columns.upperBound <= fullSize.width,
      "rows \(rows) and columns \(columns) are outside of \(fullSize)")
    self.inputSize = inputSize
    outputSize = (rows.count, columns.count)
    self.channels = channels
    self.rows = Axis(from: inputSize.height, to: fullSize.height, outputs: rows, filter: filter)
    self.columns = Axis(from: inputSize.width, to: fullSize.width, outputs: columns, filter: filter)
    let lostHeight = inputSize.height - fullSize.height
    heightIsFirst = lostHeight > max(2 * (inputSize.width - fullSize.width), 0)
  }

  /// What becomes of one axis.
  private enum Axis: Sendable {
    /// Its size stays; these positions are wanted.
    case kept(Range<Int>)
    case resized(ResizeTable)

    init(from input: Int, to output: Int, outputs: Range<Int>, filter: Interpolation) {
      self =
        input == output
        ? .kept(outputs) : .resized(ResizeTable(from: input, to: output, outputs: outputs, filter: filter))
    }

    /// The inputs that are read.
    var inputs: Range<Int> {
      switch self {
      case .kept(let positions): positions
      case .resized(let table): table.inputs
      }
    }
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

  /// Values per input image.
  var inputCount: Int { inputSize.height * inputSize.width * channels }
  /// Values per output image.
  var outputCount: Int { outputSize.height * outputSize.width * channels }

  /// Room for the image between the two passes, and for sums.
  struct Scratch {
    fileprivate var image: [UInt8]
    fileprivate var sums: [Int32]
  }

  func makeScratch() -> Scratch {
    let (height, width) =
      heightIsFirst ? (outputSize.height, columns.inputs.count) : (rows.inputs.count, outputSize.width)
    return Scratch(
      image: [UInt8](repeating: 0, count: height * width * channels),
      sums: [Int32](repeating: 0, count: max(columns.inputs.count, outputSize.width) * channels))
  }

  /// Resizes one image of ``inputCount`` values into ``outputCount`` values.
  func resize(_ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>, scratch: inout Scratch) {
    let stride = inputSize.width * channels
    let input = input + rows.inputs.lowerBound * stride + columns.inputs.lowerBound * channels
    scratch.image.withUnsafeMutableBufferPointer { image in
      scratch.sums.withUnsafeMutableBufferPointer { sums in
        let (image, sums) = (image.baseAddress!, sums.baseAddress!)
        switch (rows, columns) {
        case (.kept, .kept): copy(input, stride: stride, into: output)
        case (.kept, .resized(let columns)):
          changeWidth(input, stride: stride, into: output, height: outputSize.height, columns)
        case (.resized(let rows), .kept):
          changeHeight(input, stride: stride, into: output, width: outputSize.width, rows, sums)
        case (.resized(let rows), .resized(let columns)) where heightIsFirst:
          let width = columns.inputs.count
          changeHeight(input, stride: stride, into: image, width: width, rows, sums)
          changeWidth(image, stride: width * channels, into: output, height: outputSize.height, columns)
        case (.resized(let rows), .resized(let columns)):
          let width = outputSize.width
          changeWidth(input, stride: stride, into: image, height: rows.inputs.count, columns)
          changeHeight(image, stride: width * channels, into: output, width: width, rows, sums)
        }
      }
    }
  }

  private func copy(_ input: UnsafePointer<UInt8>, stride: Int, into output: UnsafeMutablePointer<UInt8>) {
    let count = outputSize.width * channels
    for y in 0..<outputSize.height { (output + y * count).update(from: input + y * stride, count: count) }
  }

  /// `height` rows, `stride` values apart, to `[height, outputWidth, C]`.
  private func changeWidth(
    _ input: UnsafePointer<UInt8>, stride: Int, into output: UnsafeMutablePointer<UInt8>, height: Int,
    _ columns: ResizeTable
  ) {
    let (channels, width) = (channels, outputSize.width)
    columns.weights.withUnsafeBufferPointer { weights in
      for x in 0..<width {
        let (begin, end) = (columns.firstWeight[x], columns.firstWeight[x + 1])
        let first = columns.firstInput[x] * channels
        for y in 0..<height {
          for c in 0..<channels {
            let source = input + y * stride + first + c
            var sum = half
            for k in begin..<end { sum &+= Int32(source[(k &- begin) &* channels]) &* weights[k] }
            output[(y * width + x) * channels + c] = rounded(sum)
          }
        }
      }
    }
  }

  /// Rows of `width` pixels, `stride` values apart, to `[outputHeight, width, C]`.
  private func changeHeight(
    _ input: UnsafePointer<UInt8>, stride: Int, into output: UnsafeMutablePointer<UInt8>, width: Int,
    _ rows: ResizeTable, _ sums: UnsafeMutablePointer<Int32>
  ) {
    let count = width * channels
    for y in 0..<outputSize.height {
      let (begin, end) = (rows.firstWeight[y], rows.firstWeight[y + 1])
      let result = output + y * count
      var source = input + rows.firstInput[y] * stride
      if end - begin == 2 {
        let (first, second) = (rows.weights[begin], rows.weights[begin + 1])
        let next = source + stride
        for x in 0..<count {
          result[x] = rounded(half &+ Int32(source[x]) &* first &+ Int32(next[x]) &* second)
        }
        continue
      }
      sums.update(repeating: half, count: count)
      for k in begin..<end {
        let weight = rows.weights[k]
        for x in 0..<count { sums[x] &+= Int32(source[x]) &* weight }
        source += stride
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
