import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// What people give for weights and is none.
@Suite struct ForeignFileTests {
  struct Case: CustomTestStringConvertible {
    let what: String
    let content: Data
    let remedy: String
    var testDescription: String { what }

    init(_ what: String, _ content: Data, _ remedy: String) {
      (self.what, self.content, self.remedy) = (what, content, remedy)
    }
    init(_ what: String, _ text: String, _ remedy: String) { self.init(what, Data(text.utf8), remedy) }
    init(_ what: String, bytes: [UInt8], _ remedy: String) {
      self.init(what, Data(bytes) + Data((0..<600).map { UInt8(truncatingIfNeeded: $0 &* 37 | 128) }), remedy)
    }
  }

  static let cases: [Case] = [
    Case(
      "a Git LFS pointer, not the file that it stands for, which has 32342954 bytes",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 32342954\n", "git lfs pull"),
    Case("a web page (HTML)", "\n<!DOCTYPE html><html><head><title>Sign in</title>", "download the file itself"),
    Case("a web page (HTML)", "<html lang=en>", "download the file itself"),
    Case("an XML document", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "download the file itself"),
    Case("JSON, not weights: {\"error\":\"Repository not found\"}", "{\"error\":\"Repository not found\"}", "download"),
    Case("an index of weights in several files", "{\"metadata\":{},\"weight_map\":{}}", "join"),
    Case("text, not weights: Invalid username or password.", "Invalid username or password.", "download"),
    Case("an HDF5 file, as Keras writes it (.h5)", bytes: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "PyTorch"),
    Case("a TensorFlow Lite model", bytes: [0x1c, 0, 0, 0] + Array("TFL3".utf8), "PyTorch"),
    Case("a GGUF file", bytes: Array("GGUF".utf8) + [3, 0, 0, 0], "PyTorch"),
    Case("a Core ML model", bytes: [0x08, 0x08, 0x12, 0x02, 0x0a, 0x00, 0xa2, 0x1f, 0x01, 0x00], "PyTorch"),
    Case("a gzip archive", bytes: [0x1f, 0x8b, 8, 0], "unpack"),
    Case("an xz archive", bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "unpack"),
    Case("a PNG image", bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "PyTorch"),
    Case("a JPEG image", bytes: [0xff, 0xd8, 0xff, 0xe0], "PyTorch"),
    Case("an array of NumPy", bytes: [0x93] + Array("NUMPY".utf8), "PyTorch"),
    Case("a tar archive", Data(repeating: 0x61, count: 257) + Data("ustar\0".utf8) + Data(count: 300), "unpack"),
    Case("it begins with zeros only", Data(count: 4096), "download"), Case("the file is empty", Data(), "download"),
  ]

  @Test(arguments: cases) func isSaidWhatItIs(_ test: Case) throws {
    for name in ["model.safetensors", "model.pth", "model.onnx"] {
      let thrown = failure { _ = try WeightsFile(data: test.content, source: name) }
      let message = try #require(thrown?.description)
      #expect(message.hasPrefix("\(name): ") && message.contains(test.what), "\(message)")
      #expect(message.split(separator: ";").last?.contains(test.remedy) == true, "\(message)")
      #expect(thrown?.kind == .invalidData && !message.contains { $0.isNewline })
    }
  }

  /// A zip archive of those entries, stored; their content does not matter.
  private func archive(_ names: [String]) throws -> Data {
    var (content, entries) = (Data(), [ZipEntry]())
    for name in names {
      entries.append(ZipEntry(name: name, range: content.count..<content.count + 4))
      content += Data("data".utf8)
    }
    return try writeZip(entries, from: content)
  }

  @Test(arguments: [
    (["config.json", "metadata.json", "model.weights.h5"], "a Keras model"),
    (["[Content_Types].xml", "word/document.xml"], "an Office document"),
    (["m/version", "m/code/__torch__.py", "m/constants.pkl"], "a TorchScript program"),
    (["saved_model.pb", "variables/variables.index"], "a TensorFlow model"),
    (["a.npy", "b.npy"], "arrays of NumPy (.npz)"),
    (["cats/1.jpg", "cats/2.jpg", "dogs/3.jpg", "dogs/4.jpg"], "it holds cats/1.jpg, cats/2.jpg, dogs/3.jpg, …"),
    (["readme.txt", "weights/best.pth"], "around weights/best.pth; unpack it"),
  ])
  func aZipOfSomethingElseIsToldByItsEntries(names: [String], part: String) throws {
    let data = try archive(names)
    let thrown = failure { _ = try WeightsFile(data: data, source: "m.pth") }
    #expect(thrown?.description.contains(part) == true, "\(thrown?.description ?? "none")")
  }

  @Test func aDownloadThatWasCutOffIsTold() throws {
    let whole = try Data(contentsOf: checkpoints.appendingPathComponent("containers/zip-2.pth"))
    let thrown = failure { _ = try WeightsFile(data: whole.prefix(whole.count / 2), source: "m.pth") }
    #expect(thrown?.description.contains("cut off before its end; download or save it again") == true)
  }
}
