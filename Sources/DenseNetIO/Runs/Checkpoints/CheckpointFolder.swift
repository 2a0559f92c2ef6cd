public import DenseNets
public import Foundation

/// The checkpoints of a run, in a folder of its own: the newest few, named by their updates.
public struct CheckpointFolder: Sendable {
  public let url: URL
  /// How many stay.
  public let kept: Int

  /// - Precondition: at least one stays.
  public init(_ url: URL, kept: Int) {
    precondition(kept > 0, "at least one checkpoint must be kept")
    self.url = url
    self.kept = kept
  }

  /// Writes a checkpoint, and removes the oldest of those that are too many.
  ///
  /// The new one is whole before any other goes.
  /// - Throws: `Failure(.inputOutput)`; the others then stay.
  public func write(_ checkpoint: Checkpoint) throws(Failure) {
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw Failure(.inputOutput, "\(url.relativePath): cannot be created; check its permissions and the free space")
    }
    try checkpoint.write(to: url.appendingPathComponent(Self.name(ofStep: checkpoint.progress.step)))
    for old in files.dropLast(kept) { try? FileManager.default.removeItem(at: old) }
  }

  /// What was found in the folder.
  public struct Search: Sendable {
    /// The newest checkpoint that is sound.
    public var checkpoint: Checkpoint?
    /// Newer ones, and why they were passed over.
    public var refused: [Failure] = []
  }

  /// The newest sound checkpoint.
  public func newest() -> Search {
    var search = Search()
    for file in files.reversed() {
      do {
        search.checkpoint = try Checkpoint(contentsOf: file)
        break
      } catch {
        search.refused.append(error)
      }
    }
    return search
  }

  /// Oldest first.
  private var files: [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { name in Self.step(ofName: name).map { ($0, name) } }
      .sorted { $0.0 < $1.0 }.map { url.appendingPathComponent($0.1) }
  }

  private static let prefix = "step-"
  private static let suffix = ".safetensors"

  private static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + suffix
  }

  private static func step(ofName name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    return Int(name.dropFirst(prefix.count).dropLast(suffix.count))
  }
}
