/// How pixels between pixels are made.
public enum Interpolation: String, Sendable, Codable, CaseIterable {
  case nearest
  /// Pillow's and torchvision's default for images of a network.
  case bilinear
  /// Cubic convolution with a = -0.5.
  case bicubic
  /// A windowed sinc over three pixels on either side.
  case lanczos
}
