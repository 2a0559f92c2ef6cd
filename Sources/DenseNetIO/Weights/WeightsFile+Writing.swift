public import DenseNets
public import Foundation

extension WeightsFile {
  /// Writes the file, whole or not at all (see ``AtomicFile``): safetensors as `.safetensors`, a PyTorch checkpoint as
  /// `.pth` or `.pt`. The bytes depend on names, values and metadata alone.
  /// - Throws: `Failure(.usage)` for another extension, `Failure(.invalidData)` for a name that the format does not
  ///   have, `Failure(.inputOutput)`.
  public func write(to url: URL) throws(Failure) {
    try AtomicFile.write(try encoded(as: try Self.writtenFormat(of: url)), to: url)
  }

  /// The format that a file's extension asks for.
  /// - Throws: `Failure(.usage)` for an extension that is none of those.
  package static func writtenFormat(of url: URL) throws(Failure) -> WeightsFormat {
    switch url.pathExtension.lowercased() {
    case "safetensors": return .safetensors
    case "pth", "pt": return .pytorch
    case "onnx":
      throw Failure(
        .usage,
        "\(url.relativePath): expected a name in .safetensors, .pth or .pt, found .onnx; export the network to write an ONNX model"
      )
    case let other:
      let found = other.isEmpty ? "no extension" : ".\(printable(other))"
      throw Failure(
        .usage,
        "\(url.relativePath): expected a name in .safetensors, .pth or .pt, found \(found); give the file such a name")
    }
  }

  private func encoded(as format: WeightsFormat) throws(Failure) -> Data {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw Failure(.invalidData, "\(source): the tensor \(printable(tensor.name)) appears twice; rename one of them")
    }
    guard format == .safetensors else { return try TorchWriter.encoded(self) }
    guard !names.contains("__metadata__") else {
      throw Failure(
        .invalidData, "\(source): safetensors cannot hold a tensor called __metadata__; rename it, or write .pth")
    }
    return Safetensors.encoded(withQuantizedTensors())
  }
}
