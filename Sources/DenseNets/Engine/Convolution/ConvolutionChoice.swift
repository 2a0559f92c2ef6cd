/// Which algorithm dense layers' 3×3 convolutions use.
public enum ConvolutionChoice: String, Sendable, CaseIterable {
  /// Product by product.
  case direct
  /// Winograd's F(4×4, 3×3) or F(6×6, 3×3) (Lavin and Gray 2016) wherever they are defined, whichever takes fewer
  /// products: a quarter or a fifth of the direct way's on maps that their squares fit. The error in fp32 is about 2e-6
  /// or 4e-6 of the result instead of 4e-7.
  case winograd
  /// In training Winograd's where it saves at least half of the products, direct elsewhere: the choice depends on the shape
  /// alone. In inference also on how many images there are, on the precision and on the instruction set, as what is faster
  /// does; never on the number of threads.
  case automatic = "auto"
}

/// How a convolution is computed.
enum ConvolutionAlgorithm: Equatable {
  case direct
  /// F(m×m, 3×3) by squares of m×m outputs, m = 4 or 6.
  case winograd(side: Int)

  /// Values of a packed kernel of `taps` values.
  func values(taps: Int) -> Int {
    switch self {
    case .direct: taps
    case .winograd(let side): (side + 2) * (side + 2)
    }
  }

  /// The side of Winograd's squares, or 0.
  var side: Int {
    switch self {
    case .direct: 0
    case .winograd(let side): side
    }
  }
}
