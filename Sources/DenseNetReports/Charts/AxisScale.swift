import Foundation

/// A linear axis with ticks at multiples of 1, 2 or 5 times a power of ten.
struct AxisScale {
  let lower: Double
  let upper: Double
  let step: Double

  /// An axis that shows exactly `lower...upper`.
  init(from lower: Double, through upper: Double, ticks: Int, leastStep: Double = 0) {
    self.lower = lower
    self.upper = upper > lower ? upper : lower + 1
    step = max(Self.niceStep((self.upper - lower) / Double(ticks)), leastStep)
  }

  /// An axis that begins at 0, or at a tick below the least value, and ends at a tick above the greatest.
  init(covering values: [Double], ticks: Int, including always: ClosedRange<Double>) {
    // Beyond 1e100 sums and products of coordinates would overflow.
    let finite = values.filter(\.isFinite).map { min(max($0, -1e100), 1e100) }
    let least = min(finite.min() ?? 0, always.lowerBound)
    let greatest = max(finite.max() ?? 0, always.upperBound)
    step = Self.niceStep((greatest - least) / Double(ticks))
    lower = (least / step + 1e-9).rounded(.down) * step
    upper = max((greatest / step - 1e-9).rounded(.up) * step, lower + step)
  }

  var ticks: [Double] {
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1000 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// Where a value lies between the axis's ends, from 0 to 1.
  func fraction(_ value: Double) -> Double {
    (min(max(value, lower), upper) - lower) / (upper - lower)
  }

  /// A tick's value with as many decimals as the step needs.
  func label(_ tick: Double) -> String {
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    if tick != 0, abs(tick) >= 100_000 || decimals > 6 { return String(format: "%.3g", tick) }
    return String(format: "%.\(decimals)f", tick == 0 ? 0 : tick)
  }

  /// Characters of the longest tick's label.
  var longestLabel: Int { ticks.map { label($0).count }.max() ?? 0 }

  private static func niceStep(_ rough: Double) -> Double {
    guard rough.isFinite, rough > 1e-100 else { return 0.2 }
    let power = pow(10, log10(rough).rounded(.down))
    switch rough / power {
    case ...1.0000001: return power
    case ...2.0000001: return 2 * power
    case ...5.0000001: return 5 * power
    default: return 10 * power
    }
  }
}
