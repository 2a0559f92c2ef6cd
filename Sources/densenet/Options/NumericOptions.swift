import ArgumentParser
import DenseNets

/// A number that an option takes.
protocol NumberArgument: CustomStringConvertible, Sendable {
  /// - Throws: what was expected; the parser adds where and what was found.
  static func parse(_ argument: String) throws -> Self
}

extension Option where Value: NumberArgument {
  /// An option whose help ends in its default. A number may be negative, to be refused as such.
  init(wrappedValue: Value, number help: String, valueName: String = "n") {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: ArgumentHelp("\(help) Default: \(wrappedValue).", valueName: valueName), transform: Value.parse)
  }
}

extension Option {
  /// An option whose help states its default.
  init<Number: NumberArgument>(number help: String, valueName: String = "n") where Value == Number? {
    self.init(
      parsing: .unconditional, help: ArgumentHelp(help, valueName: valueName), transform: Number.parse)
  }
}

/// A whole number of at least 1.
struct Positive: NumberArgument {
  let value: Int

  static let limit = 1 << 31

  init(_ value: Int) { self.value = value }

  static func parse(_ argument: String) throws -> Positive {
    guard let value = Int(argument), value >= 1, value <= limit else {
      throw Failure(.usage, "expected a whole number from 1 to \(limit)")
    }
    return Positive(value)
  }

  /// - Throws: `Failure(.usage)` that names the option, where the number exceeds `limit`.
  func require(atMost limit: Int, _ option: String) throws {
    guard value <= limit else { throw Failure(.usage, "\(option): expected at most \(limit), found \(value)") }
  }

  var description: String { "\(value)" }
}

/// A decimal number within a range.
protocol RealArgument: NumberArgument {
  var value: Double { get }
  init(_ value: Double)
  static func accepts(_ value: Double) -> Bool
  /// What ``accepts(_:)`` accepts.
  static var range: String { get }
}

extension RealArgument {
  static func parse(_ argument: String) throws -> Self {
    guard !argument.lowercased().contains("x"), let value = Double(argument), accepts(value) else {
      throw Failure(.usage, "expected a number \(range)")
    }
    return Self(value)
  }

  var description: String { "\(value)" }
}

/// A finite number greater than 0.
struct PositiveReal: RealArgument {
  let value: Double

  init(_ value: Double) { self.value = value }

  static func accepts(_ value: Double) -> Bool { value > 0 && Float(value).isFinite && Float(value) > 0 }
  static let range = "greater than 0, at most \(Float.greatestFiniteMagnitude)"
}

/// A finite number of at least 0.
struct NonNegativeReal: RealArgument {
  let value: Double

  init(_ value: Double) { self.value = value }

  static func accepts(_ value: Double) -> Bool { value >= 0 && Float(value).isFinite }
  static let range = "from 0, at most \(Float.greatestFiniteMagnitude)"
}

/// A number from 0 to below 1.
struct Fraction: RealArgument {
  let value: Double

  init(_ value: Double) { self.value = value }

  static func accepts(_ value: Double) -> Bool { (0..<1).contains(value) }
  static let range = "from 0 to below 1"
}

/// The start of a random sequence.
struct Seed: NumberArgument {
  let value: UInt64

  init(_ value: UInt64) { self.value = value }

  static func parse(_ argument: String) throws -> Seed {
    guard let value = UInt64(argument) else {
      throw Failure(.usage, "expected a whole number from 0 to \(UInt64.max)")
    }
    return Seed(value)
  }

  var description: String { "\(value)" }
}
