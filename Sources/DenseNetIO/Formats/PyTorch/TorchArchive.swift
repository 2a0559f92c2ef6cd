import Foundation

/// What `torch.save` writes since PyTorch 1.6: a zip archive with a folder of any name, in it `data.pkl`, the pickle;
/// `data/0`, `data/1`, …, the elements of its storages; `version`; and `byteorder`.
enum TorchArchive {
  /// Reads a file's content, and where in the checkpoint its tensors were.
  static func decoded(_ data: Data) throws(WeightsProblem) -> (file: WeightsFile, entry: String) {
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
      let checkpoint = try TorchCheckpoint(root, unpickler.heap)
      let file = try checkpoint.file(storageBytes: archive.totalSize) { storage throws(WeightsProblem) in
        guard let content = try archive.content(of: "\(folder)data/\(storage.key)", atMost: archive.totalSize) else {
          throw WeightsProblem(
            "it has no elements of storage \(printable(storage.key)) (data/\(printable(storage.key)))")
        }
        return content
      }
      return (file, checkpoint.entry)
    }
  }

  /// The folder that holds `data.pkl`, with its slash.
  private static func folder(_ names: [String]) throws(WeightsProblem) -> String {
    let pickles = names.filter {
      ($0 == "data.pkl" || $0.hasSuffix("/data.pkl")) && $0.count(where: { $0 == "/" }) <= 1
    }
    guard let first = pickles.first else {
      throw WeightsProblem(
        "a zip archive without a PyTorch checkpoint (data.pkl)",
        remedy: "unpack it if it holds one, or save or download the file again")
    }
    guard pickles.count == 1 else { throw WeightsProblem("a zip archive with \(pickles.count) checkpoints (data.pkl)") }
    return String(first.dropLast("data.pkl".count))
  }
}
