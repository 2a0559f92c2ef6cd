/// The mean and the covariance of a convolution's windows, over all of its output pixels: a window has
/// `kernel height * kernel width * channels` values, in that order.
///
/// What a convolution makes of the windows is linear, so its output's mean and variance follow from these two. The
/// covariance is good to about 1e-7 of the windows' own variance: a filter that cancels all but a millionth of that has an
/// inexact variance.
struct WindowMoments {
  let mean: [Double]
  /// `[windows, windows]`.
  private let covariance: [Double]

  /// - Parameters:
  ///   - sums: of every window value.
  ///   - products: as the kernel `stem_moments` lays them out.
  ///   - count: output pixels.
  init(sums: [Double], products: [Double], count: Int, kernel: Extent, channels: Int, lags: Int) {
    let length = kernel.width * channels
    let windows = kernel.height * length
    // Of no values, all are zero.
    let count = max(1, count)
    let mean = sums.map { $0 / Double(count) }
    var covariance = [Double](repeating: 0, count: windows * windows)
    for r in 0..<kernel.height {
      for distance in 0..<kernel.height - r {
        for p in 0..<length {
          let row = ((r * kernel.height + distance) * length + p) * lags
          for q in 0..<length {
            let lag = q - p / channels * channels + (kernel.width - 1) * channels
            let (i, j) = (r * length + p, (r + distance) * length + q)
            let value = products[row + lag] / Double(count) - mean[i] * mean[j]
            covariance[i * windows + j] = value
            covariance[j * windows + i] = value
          }
        }
      }
    }
    self.mean = mean
    self.covariance = covariance
  }

  func covariance(times filter: [Double]) -> [Double] {
    let windows = mean.count
    return covariance.withUnsafeBufferPointer { matrix in
      (0..<windows).map { i in
        var sum = 0.0
        for j in 0..<windows { sum += matrix[i * windows + j] * filter[j] }
        return sum
      }
    }
  }

  /// Of the windows' products with a filter.
  func variance(of filter: [Double]) -> Double {
    zip(covariance(times: filter), filter).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
