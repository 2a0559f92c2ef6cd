public import DenseNets

/// The sizes that images have one after the other in a run: small ones at first cost less, and the last one is the size
/// that the network is for.
///
/// ```swift
/// var recipe = Recipe.fast
/// try recipe.setLength(sizes: ProgressiveSizes("48:45,72:15,96:15"))
/// ```
public struct ProgressiveSizes: Sendable, Equatable {
  /// Epochs in a row with images of one size.
  public struct Stage: Sendable, Equatable {
    /// Height and width, in pixels.
    public let size: Int
    public let epochs: Int
  }

  /// In their order; at least one.
  public let stages: [Stage]

  private static let largestCount = 1 << 31

  /// - Parameter text: a size in pixels and its epochs for each stage, such as `48:45,72:15,96:15`.
  /// - Throws: `Failure(.usage)` for anything else.
  public init(_ text: String) throws(Failure) {
    stages = try text.split(separator: ",", omittingEmptySubsequences: false).map { part throws(Failure) in
      let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard numbers.count == 2, numbers.allSatisfy({ (1...Self.largestCount).contains($0) }) else {
        throw Failure(
          .usage,
          "expected sizes in pixels and epochs, whole numbers from 1, such as 48:45,72:15,96:15, found \"\(part)\"",
          settings: ["progressive"])
      }
      return Stage(size: numbers[0], epochs: numbers[1])
    }
  }

  private init(_ stages: [Stage]) { self.stages = stages }

  /// What ``init(_:)`` reads.
  public var text: String { stages.map { "\($0.size):\($0.epochs)" }.joined(separator: ",") }

  /// Of all stages together.
  public var epochs: Int { stages.reduce(0) { $0 + $1.epochs } }

  /// The size that the network is for, in pixels.
  public var last: Int { stages[stages.count - 1].size }

  /// The first epoch of each stage, from 0.
  var starts: [Int] {
    var next = 0
    return stages.map { stage in
      defer { next += stage.epochs }
      return next
    }
  }

  /// The size in an epoch, from 0, in pixels.
  func size(inEpoch epoch: Int) -> Int { stages[starts.lastIndex { $0 <= epoch } ?? 0].size }

  /// The epochs, from 0, from which on images have another size than before.
  var changes: [Int] { stages.indices.dropFirst().filter { stages[$0].size != stages[$0 - 1].size }.map { starts[$0] } }

  /// The same with a last stage that ends with the run.
  /// - Throws: `Failure(.usage)` where that stage would have no epoch.
  func lasting(_ epochs: Int) throws(Failure) -> ProgressiveSizes {
    let start = starts[stages.count - 1]
    guard epochs > start else {
      throw Failure(
        .usage,
        "epochs: expected more than \(start), after which the last of the sizes \(text) begins, found \(epochs)",
        settings: ["epochs", "progressive"])
    }
    return ProgressiveSizes(stages.dropLast() + [Stage(size: last, epochs: epochs - start)])
  }

  /// Whether the sizes are the same at the same epochs, however long the last one lasts.
  func differsInLengthAlone(from other: ProgressiveSizes) -> Bool {
    stages.dropLast() == other.stages.dropLast() && last == other.last
  }
}

/// As a string, ``ProgressiveSizes/text``.
extension ProgressiveSizes: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}

extension Recipe {
  /// Gives the recipe another length, other sizes, or both.
  /// - Parameters:
  ///   - epochs: nil: those of the sizes, else the recipe's.
  ///   - sizes: nil: the recipe's, if any, of which the last one then has the rest of the epochs.
  /// - Throws: `Failure(.usage)` where the last size would have no epoch.
  public mutating func setLength(epochs count: Int? = nil, sizes: ProgressiveSizes? = nil) throws(Failure) {
    if let sizes {
      (progressive, epochs) = (sizes, count ?? sizes.epochs)
    } else if let count {
      (progressive, epochs) = (try progressive?.lasting(count), count)
    }
  }
}
