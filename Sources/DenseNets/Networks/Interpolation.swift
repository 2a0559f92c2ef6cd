/// The filter that resizing interpolates with.
public enum Interpolation: String, Sendable, Codable, CaseIterable {
  case nearest
  /// The mean of the pixels that an output pixel covers.
  case box
  /// Torchvision's default.
  case bilinear
  /// A windowed sinc over one pixel on either side: sharper than bilinear.
  case hamming
  /// Cubic convolution with a = -0.5.
  case bicubic
  /// A windowed sinc over three pixels on either side.
  case lanczos
}
