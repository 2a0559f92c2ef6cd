/// The filter that resizing interpolates with.
public enum Interpolation: String, Sendable, Codable, CaseIterable {
  case nearest
  /// Torchvision's default.
  case bilinear
  /// Cubic convolution with a = -0.5.
  case bicubic
  /// A windowed sinc over three pixels on either side.
  case lanczos
}
