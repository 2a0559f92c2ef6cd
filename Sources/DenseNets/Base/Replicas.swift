/// Processes that train replicas of one network, each on its part of every batch, and what they tell each other.
///
/// Every method but ``poll()`` is collective: all replicas call the same ones in the same order, and all get the same
/// result, to the bit, which is also that of another run with as many replicas. A call that cannot be carried out, because
/// a replica is gone, does not return: it ends the process.
public protocol Replicas: AnyObject, Sendable {
  /// In `0..<count`.
  var rank: Int { get }
  var count: Int { get }
  /// The machine that a replica runs on.
  func host(of rank: Int) -> String
  /// How long this process has waited for others in all, in seconds.
  var secondsWaited: Double { get }
  /// Whether a replica that keeps others waiting too long is taken for gone: not while they do work of different length.
  func limitWaiting(_ isLimited: Bool)

  /// Adds the values of all replicas, element by element.
  func sum(_ values: inout [Double])
  /// Joins the moments of all replicas, element by element, as ``Moments/joined(with:)`` does.
  func join(_ moments: inout [Moments])
  /// Begins to add the values of all replicas, while the caller goes on.
  func beginSum(_ values: [Float])
  /// Waits for the sums that were begun.
  /// - Returns: them, in the order in which they were begun.
  func finishSums() -> [[Float]]
  /// Sends values to other replicas, and returns what was received: in the order of `sources`, each of as many values as
  /// stated. Not collective: whoever is sent something asks for it.
  func exchange(_ messages: [(to: Int, values: [Double])], from sources: [(rank: Int, count: Int)]) -> [[Double]]
  /// Lets sums that were begun progress; now and then in a long computation.
  func poll()
  /// The values of every replica, by rank; each may have another number of them.
  func gather(_ values: [Float]) -> [[Float]]
  /// The bytes of the first replica.
  func broadcast(_ bytes: [UInt8]) -> [UInt8]
}

/// The number of some values, their mean, and the sum of squares of their distances from it.
public struct Moments: Sendable, Equatable {
  public var count: Double
  public var mean: Double
  public var squares: Double

  public init(count: Double, mean: Double, squares: Double) {
    (self.count, self.mean, self.squares) = (count, mean, squares)
  }

  /// Those of both sets of values together (Chan, Golub and LeVeque 1979), in a form whose two sides can be exchanged
  /// without a change of a bit.
  public func joined(with other: Moments) -> Moments {
    if count == 0 { return other }
    if other.count == 0 { return self }
    let all = count + other.count
    let distance = mean - other.mean
    return Moments(
      count: all, mean: (count * mean + other.count * other.mean) / all,
      squares: squares + other.squares + distance * distance * (count * other.count / all))
  }
}

/// Whose values batch norms are computed from, where replicas train on parts of a batch.
public enum BatchNormStatistics: String, Sendable, CaseIterable {
  /// Those of the whole batch: each update is that of one process.
  case synchronized = "sync"
  /// Those of each replica's own part; running statistics are averaged after each update.
  case local
}

// MARK: - What follows from it

extension Replicas {
  /// A replica's rank and where it runs, for messages: `rank 2 on node17`.
  package func name(of rank: Int) -> String { "rank \(rank) on \(host(of: rank))" }

  /// Whether `flag` is set on any replica.
  package func any(_ flag: Bool) -> Bool {
    var flags = [flag ? 1.0 : 0]
    sum(&flags)
    return flags[0] > 0
  }

  /// The text of each replica, by rank.
  package func gather(_ text: String) -> [String] {
    gather(text.utf8.map(Float.init)).map { String(decoding: $0.map { UInt8($0) }, as: UTF8.self) }
  }

  /// Calls `body`, which may fail on some replicas only: then all throw what the first of these failed with, and its
  /// name, unless all failed alike.
  package func together<T>(_ body: () throws -> T) throws -> T {
    let result = Result { try body() }
    var own: Failure?
    if case .failure(let error) = result { own = error as? Failure ?? Failure(.internalError, "\(error)") }
    guard any(own != nil) else { return try result.get() }
    let texts = gather(own?.encoded ?? "")
    let first = texts.firstIndex { !$0.isEmpty }!
    let isOfAll = texts.allSatisfy { $0 == texts[first] }
    throw Failure(encoded: texts[first], place: isOfAll ? nil : name(of: first))
  }

  /// The first replica's result of `body`, which the others do not call.
  /// - Throws: what it throws, on all replicas.
  package func first<T>(_ body: () throws -> T) throws -> T? {
    try together { rank == 0 ? try body() : nil }
  }
}

extension Optional where Wrapped == any Replicas {
  /// The same; without replicas, `body` alone.
  package func together<T>(_ body: () throws -> T) throws -> T {
    guard let self else { return try body() }
    return try self.together(body)
  }
}

extension Failure {
  private static let kinds: [Kind] = [.usage, .invalidData, .missingInput, .inputOutput, .internalError]

  /// The failure in one text, for another process.
  fileprivate var encoded: String {
    let kind = Self.kinds.firstIndex(of: kind)!
    return "\(kind)\t\(settings.map(\.rawValue).joined(separator: ","))\t\(description)"
  }

  fileprivate init(encoded: String, place: String?) {
    let parts = encoded.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
    self.init(
      Self.kinds[Int(parts[0])!], (place.map { "\($0): " } ?? "") + parts[2],
      settings: parts[1].split(separator: ",").map { Setting(rawValue: String($0)) })
  }
}
