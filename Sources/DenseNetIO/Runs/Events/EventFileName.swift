import Foundation

/// Names of files of events. TensorBoard reads a folder's files in the order of their names.
enum EventFileName {
  private static let prefix = "events.out.tfevents."

  /// A name that comes after those in the folder, also after one of this very second.
  static func next(in folder: URL, now: Date) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let newest = names.compactMap(time).max()
    let seconds = max(Int(now.timeIntervalSince1970), newest.map { $0 + 1 } ?? 0)
    let host = ProcessInfo.processInfo.hostName.prefix(60)
      .map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? String($0) : "-" }.joined()
    return "\(prefix)\(seconds).\(host).\(ProcessInfo.processInfo.processIdentifier).0"
  }

  /// The time in a file's name; nil where it is of another kind, or lies beyond all sense.
  private static func time(_ name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0 != "." }).flatMap { $0 < 1 << 40 ? $0 : nil }
  }
}
