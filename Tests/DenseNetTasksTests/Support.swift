import DenseNets
import Foundation

/// A folder of its own, which goes away with this object.
final class Scratch {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("densenet tasks \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

  /// Two classes of four small images each.
  func addPhotos() throws {
    for n in 0..<2 {
      try copy("png/sequential/rgb.png", to: "photos/cat/\(n).png")
      try copy("jpeg/grey.jpg", to: "photos/cat/\(n).jpg")
      try copy("jpeg/cmyk.jpg", to: "photos/dog/\(n).jpg")
      try copy("png/sequential/grey8.png", to: "photos/dog/\(n).png")
    }
  }

  /// Copies an image that the decoder's tests use too.
  private func copy(_ image: String, to name: String) throws {
    let target = folder.appendingPathComponent(name)
    if FileManager.default.fileExists(atPath: target.path) { return }
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Fixtures.folder("DenseNetDataTests/Fixtures/images/\(image)"), to: target)
  }
}

enum Fixtures {
  /// A file or a folder below `Tests`.
  static func folder(_ path: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../\(path)").standardizedFileURL
  }
}

/// The command that was built beside these tests; nil where it was not.
func commandURL() -> URL? {
  let starts = [Bundle.main.executablePath].compactMap { $0 } + CommandLine.arguments
  for start in starts where start.hasPrefix("/") {
    var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath()
    for _ in 0..<4 {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("densenet")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
    }
  }
  return nil
}
