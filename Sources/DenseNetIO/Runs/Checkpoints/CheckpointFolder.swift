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

  /// Writes a checkpoint, and removes the oldest of those that are too many, and those of later updates, which a run that
  /// was resumed from before them has given up.
  ///
  /// The new one is whole before any other goes.
  /// - Throws: `Failure(.inputOutput)`; the others then stay.
  public func write(_ checkpoint: Checkpoint) throws(Failure) {
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw Failure(.inputOutput, "\(url.relativePath): cannot be created; check its permissions and the free space")
    }
    try checkpoint.write(to: url.appendingPathComponent(Self.name(ofStep: checkpoint.progress.step)))
    let step = checkpoint.progress.step
    let (earlier, later) = (numbered.filter { $0.step <= step }, numbered.filter { $0.step > step })
    for old in earlier.dropLast(kept) + later { try? FileManager.default.removeItem(at: old.file) }
  }

  /// Removes all checkpoints, for a run that begins again.
  public func removeAll() {
    for file in files { try? FileManager.default.removeItem(at: file) }
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
  private var files: [URL] { numbered.map(\.file) }

  private var numbered: [(step: Int, file: URL)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { name in Self.step(ofName: name).map { ($0, url.appendingPathComponent(name)) } }
      .sorted { $0.step < $1.step }
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
