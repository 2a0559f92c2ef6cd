import ArgumentParser

/// A whole number of at least 1.
struct Positive: ExpressibleByArgument, Codable, CustomStringConvertible {
  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    guard let value = Int(argument), value >= 1, value <= 1 << 31 else { return nil }
    self.value = value
  }

  var description: String { "\(value)" }
  var defaultValueDescription: String { description }
}

/// A finite number greater than 0.
struct PositiveReal: ExpressibleByArgument, CustomStringConvertible {
  let value: Double

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    guard let value = Double(argument), value.isFinite, value > 0, Float(value).isFinite, Float(value) > 0 else { return nil }
    self.value = value
  }

  var description: String { "\(value)" }
  var defaultValueDescription: String { description }
}
