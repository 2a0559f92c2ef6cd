import DenseNets
import Foundation

/// The files beside a model in which its tensors' elements may lie, as PyTorch's exporter writes them.
///
/// Only plain files in the model's own folder are read: no path, no link.
final class ExternalData {
  private let folder: URL?
  private var files: [String: Data] = [:]

  /// - Parameter folder: of the model; nil where it did not come from a file.
  init(folder: URL?) { self.folder = folder }

  /// Bytes of the files that have been read from.
  var size: Int { files.values.reduce(0) { $0 + $1.count } }

  /// The bytes of a tensor.
  /// - Throws: ``WeightsProblem`` where they are not there, or elsewhere than beside the model.
  func bytes(of tensor: ONNXTensorProto, count: Int) throws(WeightsProblem) -> Data {
    let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    guard let location = entries["location"], !location.isEmpty else {
      throw tensor.problem("its elements lie in another file, which is not named")
    }
    let offset = Int(entries["offset"] ?? "0")
    let length = entries["length"].map { Int($0) } ?? count
    guard let offset, let length, offset >= 0, length == count else {
      throw tensor.problem(
        "expected \(count) bytes in \(printable(location)), found \(printable(entries["length"] ?? "\(count)")) from "
          + "\(printable(entries["offset"] ?? "0"))")
    }
    let data = try file(location, for: tensor)
    guard offset <= data.count, length <= data.count - offset else {
      throw tensor.problem(
        "expected \(length) bytes from \(offset) of \(printable(location)), which has \(data.count)")
    }
    return data[data.startIndex + offset..<data.startIndex + offset + length]
  }

  private func file(_ location: String, for tensor: ONNXTensorProto) throws(WeightsProblem) -> Data {
    if let data = files[location] { return data }
    let shown = printable(location)
    guard !location.contains("/"), !location.contains("\\"), !location.contains("\0"), location != "..", location != "."
    else {
      throw tensor.problem("its elements lie in \(shown), expected a file in the model's own folder")
    }
    guard let url = folder?.appendingPathComponent(location) else {
      throw tensor.problem("its elements lie in \(shown), which is not available")
    }
    let kind = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
    guard kind == .typeRegular, let data = try? Data(contentsOf: url, options: .mappedIfSafe) else {
      let found = kind == nil || kind == .typeRegular ? "which cannot be read" : "which is a link or not a file"
      throw WeightsProblem(
        "tensor \"\(printable(tensor.name))\": its elements lie in \(shown), \(found)",
        remedy: "put that file next to the model")
    }
    files[location] = data
    return data
  }
}
