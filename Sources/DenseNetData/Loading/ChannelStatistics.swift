public import DenseNets

/// Mean and standard deviation of each channel over a dataset's images, as a network would see them.
///
/// Sums are of whole numbers, so equal images give equal statistics, whatever the order.
public struct ChannelStatistics: Sendable, Equatable {
  /// In units of white, one number per channel.
  public let mean: [Double]
  /// Over all pixels, not an estimate for more; 1 for a channel of one value.
  public let std: [Double]

  /// - Parameters:
  ///   - preprocessing: its channels, resize and crop count, its normalisation does not.
  ///   - limit: the largest number of images to look at, evenly spread over all.
  /// - Throws: what ``LabeledImages/image(at:)`` throws.
  public init(
    of images: any LabeledImages, preprocessing: Preprocessing, limit: Int = 10_000
  ) throws(Failure) {
    precondition(images.count > 0 && limit > 0, "statistics need at least one image")
    let channels = preprocessing.inputChannels
    var preparation = ImagePreparation(preprocessing)
    var (sums, squares, count) = ([Int](repeating: 0, count: channels), [Int](repeating: 0, count: channels), 0)
    let number = min(images.count, limit)
    for n in 0..<number {
      let pixels = try preparation.image(images.image(at: n * images.count / number)).pixels
      pixels.withUnsafeBufferPointer { pixels in
        for c in 0..<channels {
          var (sum, square) = (0, 0)
          for i in stride(from: c, to: pixels.count, by: channels) {
            sum &+= Int(pixels[i])
            square &+= Int(pixels[i]) &* Int(pixels[i])
          }
          sums[c] += sum
          squares[c] += square
        }
      }
      count += pixels.count / channels
    }
    mean = sums.map { Double($0) / Double(count) / 255 }
    std = zip(sums, squares).map { sum, square in
      let mean = Double(sum) / Double(count)
      let variance = Double(square) / Double(count) - mean * mean
      return variance < 1e-6 ? 1 : variance.squareRoot() / 255
    }
  }
}
