/// The weights with which each output position of one axis mixes input positions: a triangle filter, which is widened
/// for shrinking so that every input position counts.
///
/// Weights are fixed-point numbers with 22 fractional bits, so that 255 times their sum fits 32 bits.
struct ResizeTable: Sendable {
  static let fractionBits: Int32 = 22

  /// The weights of all outputs, one after the other.
  private(set) var weights: [Int32] = []
  /// The first input that each output reads.
  private(set) var firstInput: [Int] = []
  /// Where the weights of each output begin; one more entry than outputs.
  private(set) var firstWeight: [Int] = [0]

  /// - Complexity: O(input + output)
  init(from input: Int, to output: Int) {
    let scale = Double(input) / Double(output)
    let support = max(scale, 1)
    let one = Double(1 << Self.fractionBits)
    for position in 0..<output {
      let center = (Double(position) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), input)
      let heights = (first..<end).map { max(1 - abs((Double($0) - center + 0.5) * (1 / support)), 0) }
      let sum = heights.reduce(0, +)
      var fixed = heights.map { Int32(0.5 + (sum == 0 ? $0 : $0 / sum) * one) }
      while fixed.count > 1, fixed.last == 0 { fixed.removeLast() }
      weights += fixed
      firstInput.append(first)
      firstWeight.append(weights.count)
    }
  }
}
