import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A folder for readers that take files alone: `FUZZ_SCRATCH`, which is best in memory.
enum Scratch {
  static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    let path = environment["FUZZ_SCRATCH"] ?? NSTemporaryDirectory() + "densenet-fuzz"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }()

  static var url: URL { URL(fileURLWithPath: folder, isDirectory: true) }

  /// Writes a file.
  /// - Returns: its path.
  @discardableResult
  static func write(_ bytes: some Collection<UInt8>, to name: String) -> String {
    let path = "\(folder)/\(name)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let written = Array(bytes).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    close(file)
    require(written == bytes.count, "\(path): cannot be written")
    return path
  }

  static func remove(_ name: String) { unlink("\(folder)/\(name)") }
}
