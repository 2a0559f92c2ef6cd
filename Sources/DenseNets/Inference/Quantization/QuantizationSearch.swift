/// Scales that lose least, by the values that channels had.
enum QuantizationSearch {
  /// Parts of a range that are tried: rare great values are worth less than small steps.
  private static let parts: [Float] = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5]
  private static let weightParts: [Float] = [1, 0.95, 0.9, 0.8, 0.7, 0.6]
  /// How far the scales of a convolution's inputs follow their own ranges, from one scale for all to one for each.
  private static let evenings: [Float] = [0, 0.25, 0.5, 0.75, 1]

  /// The scale and the zero of a channel that a map holds.
  static func slice(_ values: Distribution) -> (scale: Float, zero: Float) {
    // 0 is among them: its byte is the zero.
    var low = min(values.points.first?.value ?? 0, 0)
    var high = max(values.points.last?.value ?? 0, 0)
    guard low < high else { return (1, 0) }
    // Both ends at once, then each by itself.
    let center = (low + high) / 2
    let (first, last) = (low, high)
    func lower(_ part: Float) -> Float { min(center + (first - center) * part, 0) }
    func upper(_ part: Float) -> Float { max(center + (last - center) * part, 0) }
    (low, high) = least(parts.map { (lower($0), upper($0)) }, of: values)
    (low, high) = least(parts.map { (lower($0), high) } + [(low, high)], of: values)
    (low, high) = least(parts.map { (low, upper($0)) } + [(low, high)], of: values)
    let scale = (high - low) / 255
    return (scale, min(max((-low / scale).rounded(), 0), 255))
  }

  /// The scale of a channel from 0 on; 0 where it has no other value.
  static func scale(_ values: Distribution) -> Float {
    let top = values.points.last?.value ?? 0
    guard top > 0 else { return 0 }
    return least(parts.map { (0, top * $0) }, of: values).high / 255
  }

  private static func least(_ ranges: [(low: Float, high: Float)], of values: Distribution) -> (low: Float, high: Float)
  {
    ranges.map { (range: $0, error: values.squaredError(low: $0.low, high: $0.high)) }.min { $0.error < $1.error }!
      .range
  }

  /// What rounding needs to know of an input channel.
  private struct Input {
    /// The scale that suits it best; 0 where it is always 0.
    let scale: Float
    let mean: Float
    let meanSquare: Float
    /// How often it is more than 0.
    let share: Float
    let values: Distribution

    init(_ values: Distribution) {
      self.values = values
      scale = QuantizationSearch.scale(values)
      mean = values.mean { $0 }
      meanSquare = values.mean { $0 * $0 }
      share = values.mean { $0 > 0 ? 1 : 0 }
    }
  }

  /// The weights `[out, taps, in]` of a convolution of images of such channels.
  static func first(_ weight: [Float], outputs: Int, inputs values: [Distribution], device: Device)
    -> Quantization.Convolution
  {
    let (scale, zero) = slice(Distribution(points: values.flatMap(\.points).sorted { $0.value < $1.value }))
    let scales = [Float](repeating: scale, count: values.count)
    return rounded(
      weight, outputs: outputs, inputs: values.map(Input.init), scales: scales, zero: zero, device: device
    ).1
  }

  /// The weights `[out, taps, in]` of a convolution of such inputs, none of which is negative.
  static func convolution(_ weight: [Float], outputs: Int, inputs values: [Distribution], device: Device)
    -> Quantization.Convolution
  {
    let inputs = values.map(Input.init)
    let top = inputs.map(\.scale).max().flatMap { $0 > 0 ? $0 : nil } ?? 1
    var best: (error: Double, result: Quantization.Convolution)?
    for evening in evenings {
      let scales = inputs.map { input -> Float in
        input.scale > 0 ? top * Self.power(input.scale / top, evening) : top
      }
      let (error, result) = rounded(weight, outputs: outputs, inputs: inputs, scales: scales, device: device)
      if best == nil || error < best!.error { best = (error, result) }
    }
    return best!.result
  }

  /// x to the power of a multiple of a quarter.
  private static func power(_ x: Float, _ exponent: Float) -> Float {
    let root = x.squareRoot().squareRoot()
    return (0..<Int(exponent * 4)).reduce(1) { product, _ in product * root }
  }

  /// With these scales and this zero of the inputs: the mean square of what is lost of all outputs, and the weights.
  private static func rounded(
    _ weight: [Float], outputs: Int, inputs: [Input], scales: [Float], zero: Float = 0, device: Device
  ) -> (error: Double, Quantization.Convolution) {
    let row = weight.count / outputs
    let count = inputs.count
    // Of a byte: its mean square; that of its rounding; its mean, with and without what is cut off.
    let squares = zip(inputs, scales).map { $0.meanSquare / ($1 * $1) }
    let noise = inputs.map { $0.share / 12 }
    let kept = zip(inputs, scales).map { input, scale in
      input.values.mean { min(max($0, -zero * scale), (255 - zero) * scale) } / scale
    }
    let means = zip(inputs, scales).map { $0.mean / $1 }
    let rows = Buffer<Int8>(weight.count)
    let (weightScales, corrections, errors) = (Buffer<Float>(outputs), Buffer<Float>(outputs), Buffer<Double>(outputs))
    device.run(outputs) { k, _ in
      let own = (0..<row).map { weight[k * row + $0] * scales[$0 % count] }
      let greatest = own.reduce(0) { max($0, abs($1)) }
      var best: (error: Float, scale: Float) = (.infinity, 1)
      for part in greatest > 0 ? weightParts : [] {
        let scale = greatest * part / 127
        var error: Float = 0
        for i in 0..<row {
          let difference = own[i] - Float(byte(own[i] / scale)) * scale
          error += difference * difference * squares[i % count]
        }
        if error < best.error { best = (error, scale) }
      }
      var (correction, lost): (Float, Float) = (0, greatest > 0 ? best.error : 0)
      for i in 0..<row {
        let value = byte(own[i] / best.scale)
        rows[k * row + i] = value
        correction += own[i] * means[i % count] - Float(value) * best.scale * kept[i % count]
        lost += own[i] * own[i] * noise[i % count]
      }
      (weightScales[k], corrections[k], errors[k]) = (best.scale, correction, Double(lost))
    }
    let result = Quantization.Convolution(
      weight: (0..<weight.count).map { rows[$0] }, weightScale: (0..<outputs).map { weightScales[$0] },
      inputScale: scales, correction: (0..<outputs).map { corrections[$0] }, inputZero: zero)
    return ((0..<outputs).reduce(0) { $0 + errors[$1] }, result)
  }

  private static func byte(_ value: Float) -> Int8 { Int8(min(max(value.rounded(), -127), 127)) }
}
