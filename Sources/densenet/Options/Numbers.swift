import DenseNets

/// A whole number of at least 1.
struct Positive: CustomStringConvertible {
  let value: Int

  static let limit = 1 << 31

  init(_ value: Int) { self.value = value }

  /// - Throws: what was expected; the parser says where and what was found.
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

/// A finite number greater than 0.
struct PositiveReal: CustomStringConvertible {
  let value: Double

  init(_ value: Double) { self.value = value }

  static func parse(_ argument: String) throws -> PositiveReal {
    guard let value = Double(argument), value > 0, Float(value).isFinite, Float(value) > 0 else {
      throw Failure(.usage, "expected a number greater than 0, at most \(Float.greatestFiniteMagnitude)")
    }
    return PositiveReal(value)
  }

  var description: String { "\(value)" }
}

/// The start of a random sequence.
struct Seed: CustomStringConvertible {
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
