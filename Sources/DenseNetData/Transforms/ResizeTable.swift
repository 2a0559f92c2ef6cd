import DenseNets
import Foundation

/// The weights with which each output position of one axis mixes input positions: a filter, which is widened for
/// shrinking so that every input position counts.
///
/// Weights are fixed-point numbers with 22 fractional bits, so that 255 times their sum fits 32 bits.
struct ResizeTable: Sendable {
  static let fractionBits: Int32 = 22

  /// The weights of all outputs, one after the other.
  private(set) var weights: [Int32] = []
  /// The first input that each output reads, counted from the first of ``inputs``.
  private(set) var firstInput: [Int] = []
  /// Where the weights of each output begin; one more entry than outputs.
  private(set) var firstWeight: [Int] = [0]
  /// The inputs that are read.
  private(set) var inputs: Range<Int>

  /// - Parameter outputs: the positions of `0..<output` that are wanted.
  /// - Complexity: O(outputs · (1 + input / output)), and O(output) where the nearest neighbour is wanted.
  init(from input: Int, to output: Int, outputs: Range<Int>, filter: Interpolation) {
    inputs = 0..<0
    if filter == .nearest {
      pickNearest(from: input, to: output, outputs: outputs)
    } else {
      mix(from: input, to: output, outputs: outputs, filter: filter)
    }
    let first = firstInput.min()!
    let end = firstInput.indices.map { firstInput[$0] + firstWeight[$0 + 1] - firstWeight[$0] }.max()!
    inputs = first..<end
    for position in firstInput.indices { firstInput[position] -= first }
  }

  private mutating func mix(from input: Int, to output: Int, outputs: Range<Int>, filter: Interpolation) {
    let scale = Double(input) / Double(output)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    let one = Double(1 << Self.fractionBits)
    for position in outputs {
      let center = (Double(position) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), input)
      let heights = (first..<end).map { filter.height((Double($0) - center + 0.5) * (1 / stretch)) }
      let sum = heights.reduce(0, +)
      var fixed = heights.map { height in
        let weight = (sum == 0 ? height : height / sum) * one
        return Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      while fixed.count > 1, fixed.last == 0 { fixed.removeLast() }
      append(fixed, from: first)
    }
  }

  /// Pillow adds up the positions, rounding errors included.
  private mutating func pickNearest(from input: Int, to output: Int, outputs: Range<Int>) {
    let scale = Double(input) / Double(output)
    var center = scale * 0.5
    for position in 0..<outputs.upperBound {
      if position >= outputs.lowerBound { append([1 << Self.fractionBits], from: min(Int(center), input - 1)) }
      center += scale
    }
  }

  private mutating func append(_ fixed: [Int32], from first: Int) {
    weights += fixed
    firstInput.append(first)
    firstWeight.append(weights.count)
  }
}

extension Interpolation {
  /// How far from an output position inputs count, where nothing shrinks.
  fileprivate var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// How much an input at distance `x` counts.
  fileprivate func height(_ x: Double) -> Double {
    switch self {
    case .nearest: return 1
    case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return max(1 - abs(x), 0)
    case .hamming:
      // Pillow's window has coefficients in single precision.
      return abs(x) < 1 ? sinc(x) * (Double(Float(0.54)) + Double(Float(0.46)) * cos(x * .pi)) : 0
    case .bicubic:
      let (a, x) = (-0.5, abs(x))
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    case .lanczos: return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
    }
  }
}

private func sinc(_ x: Double) -> Double {
  if x == 0 { return 1 }
  return sin(x * .pi) / (x * .pi)
}
