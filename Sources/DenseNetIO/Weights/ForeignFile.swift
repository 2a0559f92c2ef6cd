import DenseNets
import Foundation

/// Recognises what people give for weights and is none: pointers, web pages, archives, other programs' models.
enum ForeignFile {
  private static let formats =
    "use weights saved by PyTorch or as safetensors, or an ONNX model of a DenseNet"
  private static let unpack = "unpack it, and name the file inside"
  private static let again = "download the file itself, not the page about it"

  /// By the first bytes.
  private static let signatures: [(bytes: [UInt8], what: String, remedy: String)] = [
    ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "an HDF5 file, as Keras writes it (.h5)", formats),
    ([0x1f, 0x8b], "a gzip archive", unpack), ([0x42, 0x5a, 0x68], "a bzip2 archive", unpack),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "an xz archive", unpack),
    ([0x28, 0xb5, 0x2f, 0xfd], "a zstd archive", unpack),
    ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive", unpack), (Array("Rar!".utf8), "a RAR archive", unpack),
    (Array("GGUF".utf8), "a GGUF file, as llama.cpp uses it", formats),
    ([0x93] + Array("NUMPY".utf8), "an array of NumPy (.npy)", formats),
    ([0x89, 0x50, 0x4e, 0x47], "a PNG image", formats), ([0xff, 0xd8, 0xff], "a JPEG image", formats),
    (Array("GIF8".utf8), "a GIF image", formats), (Array("RIFF".utf8), "a RIFF file, such as a WebP image", formats),
    ([0x49, 0x49, 0x2a, 0x00], "a TIFF image", formats), ([0x4d, 0x4d, 0x00, 0x2a], "a TIFF image", formats),
    (Array("%PDF".utf8), "a PDF document", formats), (Array("PAR1".utf8), "a Parquet table", formats),
    (Array("SQLite format 3".utf8), "an SQLite database", formats),
    ([0x7f, 0x45, 0x4c, 0x46], "a program (ELF)", formats), (Array("MATLAB 5.0".utf8), "a MATLAB file", formats),
  ]

  /// What is wrong with a file of another kind; nil where it may be weights.
  static func problem(with data: Data, name: String) -> WeightsProblem? {
    let head = [UInt8](data.prefix(512))
    if head.isEmpty {
      return WeightsProblem("expected at least 8 bytes of safetensors, found 0: the file is empty")
    }
    for (bytes, what, remedy) in signatures where head.starts(with: bytes) {
      return WeightsProblem("\(what), not weights", remedy: remedy)
    }
    if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) {
      return WeightsProblem("a tar archive, not weights", remedy: unpack)
    }
    if head.count >= 8, head[4..<8].elementsEqual("TFL3".utf8) {
      return WeightsProblem("a TensorFlow Lite model, not weights", remedy: formats)
    }
    if head.count >= 64, head.allSatisfy({ $0 == 0 }) {
      return WeightsProblem("it begins with zeros only: it was never written, or its download did not finish")
    }
    if name.lowercased().hasSuffix(".pb") {
      return WeightsProblem("a TensorFlow model by its name (.pb), not weights", remedy: formats)
    }
    return coreML(data) ?? text(head, whole: data.count)
  }

  /// A Core ML model is a message whose parts have numbers from 200.
  private static func coreML(_ data: Data) -> WeightsProblem? {
    guard data.first == 0x08 else { return nil }
    var position = data.startIndex
    func varint() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard position < data.endIndex else { return nil }
        let byte = data[position]
        position += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    for _ in 0..<64 {
      guard let tag = varint() else { return nil }
      if (200...3000).contains(tag >> 3), tag & 7 == 2 {
        return WeightsProblem("a Core ML model, not weights", remedy: formats)
      }
      switch tag & 7 {
      case 0: if varint() == nil { return nil }
      case 2:
        guard let length = varint(), length <= UInt64(data.endIndex - position) else { return nil }
        position += Int(length)
      default: return nil
      }
    }
    return nil
  }

  /// - Parameter whole: bytes of the file.
  private static func text(_ head: [UInt8], whole: Int) -> WeightsProblem? {
    // PyTorch's first pickles were text.
    if TorchLegacy.magics.contains(where: { head.starts(with: $0) }) { return nil }
    guard var text = decoded(head, isWhole: whole == head.count) else { return nil }
    text = String(text.drop { $0.isWhitespace || $0 == "\u{feff}" })
    let (lower, shown) = (text.lowercased(), printable(text, limit: 60))
    if text.hasPrefix("version https://git-lfs") {
      let size = text.firstMatch(of: /size (\d+)/).map { ", which has \($0.1) bytes" } ?? ""
      return WeightsProblem(
        "a Git LFS pointer, not the file that it stands for\(size)",
        remedy: "run git lfs pull in its repository, or download the file itself")
    }
    if ["<!doctype", "<html", "<head", "<body", "<!--"].contains(where: lower.hasPrefix) {
      return WeightsProblem("a web page (HTML), not weights", remedy: again)
    }
    if lower.hasPrefix("<?xml") || lower.hasPrefix("<error") {
      return WeightsProblem("an XML document, not weights: \(shown)", remedy: again)
    }
    if lower.hasPrefix("{") || lower.hasPrefix("[") {
      if lower.contains("weight_map") {
        return WeightsProblem(
          "an index of weights in several files, not weights", remedy: "join the files into one by PyTorch")
      }
      return WeightsProblem("JSON, not weights: \(shown)", remedy: again)
    }
    return WeightsProblem("text, not weights: \(shown)", remedy: again)
  }

  /// Text in UTF-8, or nil for other bytes.
  private static func decoded(_ head: [UInt8], isWhole: Bool) -> String? {
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || [0x09, 0x0a, 0x0d, 0x0c].contains($0) }) else { return nil }
    // A character may be cut where the file goes on.
    for cut in 0...(isWhole ? 0 : 3) {
      if let text = String(validating: head.dropLast(cut), as: UTF8.self) { return text }
    }
    return nil
  }
}
