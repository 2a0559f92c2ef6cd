import Foundation

/// What `torch.save` writes since PyTorch 1.6: a zip archive with a folder of any name, in it `data.pkl`, the pickle;
/// `data/0`, `data/1`, …, the elements of its storages; `version`; and `byteorder`.
enum TorchArchive {
  /// Reads a file's content, and where in the checkpoint its tensors were.
  /// - Parameter entry: to read; nil: the usual one.
  static func decoded(
    _ data: Data, entry: String?
  ) throws(WeightsProblem) -> (file: WeightsFile, checkpoint: TorchCheckpoint) {
    try ZipReader.reading(data) { archive throws(WeightsProblem) in
      let folder = try folder(archive.names)
      guard archive.size(of: folder + "constants.pkl") == nil else {
        throw WeightsProblem("a TorchScript program", remedy: TorchCheckpoint.remedy)
      }
      if let order = try archive.content(of: folder + "byteorder", atMost: 64), order != Data("little".utf8) {
        throw TorchLegacy.bigEndian
      }
      guard let pickle = try archive.content(of: folder + "data.pkl", atMost: Unpickler.maximumSize) else {
        throw WeightsProblem("it has no data.pkl")
      }
      var unpickler = Unpickler([UInt8](pickle))
      let root = try unpickler.load()
      let checkpoint = try TorchCheckpoint(root, unpickler.heap, entry: entry)
      let file = try checkpoint.file(storageBytes: archive.totalSize) { storage throws(WeightsProblem) in
        guard let content = try archive.content(of: "\(folder)data/\(storage.key)", atMost: archive.totalSize) else {
          throw WeightsProblem(
            "it has no elements of storage \(printable(storage.key)) (data/\(printable(storage.key)))")
        }
        return content
      }
      return (file, checkpoint)
    }
  }

  /// What a zip archive without `data.pkl` is.
  private static func foreign(_ names: [String]) -> WeightsProblem {
    func has(_ end: String) -> Bool { names.contains { $0 == end || $0.hasSuffix(end) } }
    func isIn(_ folder: String) -> Bool { names.contains { $0.hasPrefix(folder) || $0.contains("/" + folder) } }
    let formats = "use weights saved by PyTorch or as safetensors, or an ONNX model of a DenseNet"
    let kinds: [(isKind: Bool, what: String, remedy: String)] = [
      (has("model.weights.h5") || has(".h5"), "a Keras model (a zip archive with HDF5 inside)", formats),
      (has("constants.pkl") || isIn("code/"), "a TorchScript program", TorchCheckpoint.remedy),
      (has("saved_model.pb"), "a TensorFlow model in a zip archive", formats),
      (has("[Content_Types].xml"), "an Office document", formats),
      (has("META-INF/MANIFEST.MF"), "a Java archive", formats),
      (has("MAR-INF/MANIFEST.json"), "an archive of TorchServe", "unpack it, and name the weights inside"),
      (!names.isEmpty && names.allSatisfy { $0.hasSuffix(".npy") }, "arrays of NumPy (.npz)", formats),
    ]
    if let kind = kinds.first(where: \.isKind) {
      return WeightsProblem("\(kind.what), not weights", remedy: kind.remedy)
    }
    let weights = [".pth", ".pt", ".bin", ".ckpt", ".safetensors", ".onnx", ".tar"]
    if let inner = names.sorted().first(where: { name in weights.contains { name.lowercased().hasSuffix($0) } }) {
      return WeightsProblem(
        "a zip archive without a PyTorch checkpoint (data.pkl), around \(printable(inner))",
        remedy: "unpack it, and name the file inside")
    }
    let held = names.isEmpty ? "nothing" : EntryNames.listed(names.sorted().map { printable($0) }, limit: 3)
    return WeightsProblem(
      "a zip archive without a PyTorch checkpoint (data.pkl): it holds \(held)", remedy: formats)
  }

  /// The folder that holds `data.pkl`, with its slash.
  private static func folder(_ names: [String]) throws(WeightsProblem) -> String {
    let pickles = names.filter {
      ($0 == "data.pkl" || $0.hasSuffix("/data.pkl")) && $0.count(where: { $0 == "/" }) <= 1
    }
    guard let first = pickles.first else { throw foreign(names) }
    guard pickles.count == 1 else { throw WeightsProblem("a zip archive with \(pickles.count) checkpoints (data.pkl)") }
    return String(first.dropLast("data.pkl".count))
  }
}
