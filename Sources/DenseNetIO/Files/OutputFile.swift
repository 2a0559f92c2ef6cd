package import DenseNets
package import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What may be written where, checked before any work.
package enum OutputFile {
  /// - Parameters:
  ///   - format: of what is to be written.
  ///   - inputs: the files and folders that are read.
  ///   - replaces: whether a file of another format may be replaced.
  /// - Throws: `Failure(.usage)` for a name of another format, for an input, and for a file of another format;
  ///   `Failure(.inputOutput)` for a folder, and where the folder of the file cannot be written to.
  package static func require(
    _ url: URL, as format: WeightsFormat, inputs: [URL], replaces: Bool
  ) throws(Failure) {
    let path = url.relativePath
    if format == .onnx, url.pathExtension.lowercased() != "onnx" {
      let found = url.pathExtension.isEmpty ? "no extension" : ".\(printable(url.pathExtension))"
      throw Failure(.usage, "\(path): expected a name in .onnx, found \(found); give the file such a name")
    }
    guard access(url.absoluteURL.deletingLastPathComponent().path, W_OK | X_OK) == 0 else {
      throw systemFailure("be written", path, code: errno)
    }
    var status = stat()
    guard stat(url.path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw Failure(.inputOutput, "\(path): expected a file or a new name, found a folder; name a file")
    }
    try requireNone(of: inputs, called: "the weights", at: url, settings: ["output"])
    if replaces { return }
    if let found = try otherFormat(of: url, than: format) {
      throw Failure(
        .usage, "\(path): expected \(described(format)) to replace or a new name, found \(found); name another file",
        settings: ["force"])
    }
  }

  /// - Throws: `Failure(.usage)` where what is to be written is one of the files that are read, or in a folder of them, or
  ///   a file of a run.
  package static func requireNone(
    of inputs: [URL], called what: String = "those", at url: URL, settings: [Failure.Setting]
  ) throws(Failure) {
    var status = stat()
    guard stat(url.path, &status) == 0 else { return }
    for input in inputs.flatMap(files) where isSame(input, status) {
      throw Failure(
        .usage,
        "\(url.relativePath): expected a file other than \(what) that are read (\(input.relativePath)); name another",
        settings: settings)
    }
    try requireNotOfRun(url, settings: settings)
  }

  /// - Throws: `Failure(.usage)` where what is to be written is a file of a run that cannot be made again from the others.
  private static func requireNotOfRun(_ url: URL, settings: [Failure.Setting]) throws(Failure) {
    guard RunDirectory.isOwnFile(url) else { return }
    throw Failure(
      .usage, "\(url.relativePath): expected a file other than those of a run, which it would replace; name another",
      settings: settings)
  }

  /// Texts that this package writes, by what they begin with.
  package enum Text: String {
    case html = "<!DOCTYPE html>"
    case svg = "<svg "
  }

  /// - Throws: `Failure(.usage)` where what is to be written is a file of a run, or one that is not such a text.
  package static func require(_ url: URL, as text: Text, settings: [Failure.Setting]) throws(Failure) {
    try requireNotOfRun(url, settings: settings)
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
    let file = FileHandle(forReadingAtPath: url.path)
    guard let start = try? file?.read(upToCount: text.rawValue.utf8.count), start == Data(text.rawValue.utf8) else {
      throw Failure(
        .usage,
        "\(url.relativePath): expected \(text == .html ? "a page" : "an SVG image") to replace or a new name, found another file; name another",
        settings: settings)
    }
  }

  /// What is read of an input.
  private static func files(_ input: URL) -> [URL] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: input.path, isDirectory: &isFolder), isFolder.boolValue else {
      return [input]
    }
    return (try? FileManager.default.contentsOfDirectory(at: input, includingPropertiesForKeys: nil)) ?? []
  }

  private static func isSame(_ input: URL, _ status: stat) -> Bool {
    var other = stat()
    return stat(input.path, &other) == 0 && other.st_dev == status.st_dev && other.st_ino == status.st_ino
  }

  /// What a file is where it has content of another format; nil: none, or of this one.
  private static func otherFormat(of url: URL, than format: WeightsFormat) throws(Failure) -> String? {
    let data = try readFile(url)
    if data.isEmpty { return nil }
    do throws(WeightsProblem) {
      var found = try WeightsFormat(of: data, name: "")
      if found == .pytorchLegacy { found = .pytorch }
      // Whatever is not known as something else is taken for safetensors, whose header is JSON.
      if found == .safetensors, data.count < 9 || data[data.startIndex + 8] != UInt8(ascii: "{") {
        return "another file"
      }
      return found == format ? nil : described(found)
    } catch { return error.reason }
  }

  private static func described(_ format: WeightsFormat) -> String {
    switch format {
    case .safetensors: "a safetensors file"
    case .pytorch, .pytorchLegacy: "a PyTorch checkpoint"
    case .onnx: "an ONNX model"
    }
  }
}
