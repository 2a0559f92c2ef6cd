import Foundation

/// Numbers as people read them in a terminal.
package enum TextFormat {
  /// `1,234,567`
  package static func thousands(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `512 B`, `1.9 GiB`: three digits in powers of 1024.
  package static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(count)
    var unit = 0
    // 1023.95 would be shown as 1024.0, which is 1.0 of the next unit.
    while abs(value) >= (unit == 0 ? 1024 : 999.5), unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    if unit == 0 { return "\(count) B" }
    return String(format: abs(value) < 99.95 ? "%.1f" : "%.0f", value) + " " + units[unit]
  }

  /// `4:05`, `1:02:03`, rounded to seconds; `-` for what is not finite or negative.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-" }
    let total = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// A number with that many decimals; `nan` and `inf` as words.
  package static func fixed(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
    return String(format: "%.\(decimals)f", number)
  }

  /// A share from 0 to 1 as percent: `93.4%`; `nan` as a word.
  package static func percent(_ share: Double) -> String {
    share.isFinite ? fixed(share * 100, decimals: 1) + "%" : fixed(share, decimals: 1)
  }

  /// A number of a size that is not known beforehand: whole from 100, else with one decimal.
  package static func significant(_ number: Double) -> String {
    guard number.isFinite, abs(number) >= 99.95, abs(number) < 1e15 else { return fixed(number, decimals: 1) }
    return thousands(Int(number.rounded()))
  }
}
