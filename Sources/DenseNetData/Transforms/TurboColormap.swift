/// The colour map Turbo, from blue over green to red: a rainbow without the bands and false edges of the usual ones.
///
/// Anton Mikhailov, "Turbo, An Improved Rainbow Colormap for Visualization", Google AI Blog, 2019; this is the published
/// polynomial of fifth degree by Ruofei Du (Apache-2.0).
enum TurboColormap {
  private static let red: [Float] = [0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943]
  private static let green: [Float] = [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604]
  private static let blue: [Float] = [0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973]

  /// The colour of a value from 0 to 1, in the same range: red, green, blue.
  static func color(_ value: Float) -> SIMD3<Float> {
    func polynomial(_ coefficients: [Float]) -> Float { coefficients.reversed().reduce(0) { $0 * value + $1 } }
    let color = SIMD3(polynomial(red), polynomial(green), polynomial(blue))
    return color.clamped(lowerBound: .zero, upperBound: .one)
  }

  /// The colours of 256 evenly spaced values, 0 to 255.
  static let table: [SIMD3<Float>] = (0...255).map { color(Float($0) / 255) * 255 }
}
