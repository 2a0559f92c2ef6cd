public import DenseNets

extension Recipe {
  /// What an image that has a label counts for in the loss, where one that has it not counts for 1.
  public enum PositiveWeights: Sendable, Equatable {
    /// Of each label, the training images without it per image with it.
    case balanced
    /// One per label, or one for all.
    case values([Double])
  }

  /// From which probability on an image is said to have a label.
  public enum DecisionThreshold: Sendable, Equatable {
    /// Of each label the one of the best F1 after training.
    case bestF1
    /// Between 0 and 1.
    case value(Double)
  }
}

extension Recipe.PositiveWeights: Codable {
  private static let balancedName = "balanced"

  /// - Parameter text: `balanced`, or numbers with commas between them.
  /// - Throws: `Failure(.usage)` for anything else.
  public init(_ text: String) throws(Failure) {
    if text == Self.balancedName {
      self = .balanced
      return
    }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard numbers.allSatisfy({ $0 >= 0 && Float($0).isFinite }) else {
      throw Failure(
        .usage, "expected balanced, or numbers from 0 with commas between them, one per label",
        settings: ["positiveWeights"])
    }
    self = .values(numbers)
  }

  /// What ``init(_:)`` reads.
  public var text: String {
    switch self {
    case .balanced: Self.balancedName
    case .values(let values): values.map { "\($0)" }.joined(separator: ",")
    }
  }

  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}

extension Recipe.DecisionThreshold: Codable {
  private static let bestName = "best-f1"

  /// - Parameter text: `best-f1`, or a number between 0 and 1.
  /// - Throws: `Failure(.usage)` for anything else.
  public init(_ text: String) throws(Failure) {
    if text == Self.bestName {
      self = .bestF1
      return
    }
    guard let number = Double(text), number > 0, number < 1 else {
      throw Failure(.usage, "expected best-f1, or a number between 0 and 1", settings: ["threshold"])
    }
    self = .value(number)
  }

  /// - Throws: `Failure(.usage)` for anything but a number between 0 and 1.
  package static func number(_ text: String) throws(Failure) -> Double {
    guard case .value(let value)? = try? Self(text) else { throw Failure(.usage, "expected a number between 0 and 1") }
    return value
  }

  /// What ``init(_:)`` reads.
  public var text: String {
    switch self {
    case .bestF1: Self.bestName
    case .value(let value): "\(value)"
    }
  }

  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}
