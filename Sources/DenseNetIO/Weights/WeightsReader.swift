public import DenseNets
public import Foundation

/// Weights read from a file or a folder, and what had to be done to read them.
public struct WeightsReader: Sendable, Equatable {
  public var file: WeightsFile
  public var format: WeightsFormat
  /// Where in a nested checkpoint the tensors were, such as `state_dict`; empty for one that holds nothing else.
  public var entry: String
  /// How many tensors have other names in the file.
  public var renamed: Int

  /// Reads a file of any format, recognised by its content, or a folder as timm and Hugging Face leave it:
  /// `model.safetensors` or `pytorch_model.bin`, and a `config.json` that describes the model.
  ///
  /// No code in a file is ever run: a pickle that asks for more than tensors and plain values is refused.
  /// - Throws: `Failure(.missingInput)` when it is not there, `Failure(.inputOutput)` when it cannot be read,
  ///   `Failure(.invalidData)` when its content is no sound weights file.
  public init(contentsOf url: URL) throws(Failure) {
    guard let folder = try WeightsFolder(url) else {
      try self.init(
        data: try readFile(url), source: url.relativePath, folder: url.absoluteURL.deletingLastPathComponent())
      return
    }
    try self.init(data: try readFile(folder.weights), source: folder.weights.relativePath, folder: nil)
    file.metadata.merge(try folder.metadata()) { own, _ in own }
  }

  /// Reads a file's content.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(data: Data, source: String) throws(Failure) {
    try self.init(data: data, source: source, folder: nil)
  }

  /// - Parameter folder: where a file of several parts has the others; nil: it must be whole.
  private init(data: Data, source: String, folder: URL?) throws(Failure) {
    do {
      try self.init(checking: data, source: source, folder: folder)
    } catch {
      throw error.failure(in: source)
    }
  }

  private init(checking data: Data, source: String, folder: URL?) throws(WeightsProblem) {
    format = source.lowercased().hasSuffix(".onnx") ? .onnx : try Self.format(of: data)
    entry = ""
    switch format {
    case .safetensors: file = try Safetensors.decoded(data)
    case .pytorch: (file, entry) = try TorchArchive.decoded(data)
    case .pytorchLegacy: (file, entry) = try TorchLegacy.decoded(data)
    case .onnx: file = try ONNXImport.decoded(data, folder: folder)
    }
    (file.tensors, renamed) = try TensorNames.normalized(file.tensors)
    file.source = source
  }

  /// Anything that is not known as something else is taken for safetensors, whose reader says what is wrong with it.
  private static func format(of data: Data) throws(WeightsProblem) -> WeightsFormat {
    if data.starts(with: [0x50, 0x4b, 0x03, 0x04]) || data.starts(with: [0x50, 0x4b, 0x05, 0x06]) { return .pytorch }
    if TorchLegacy.magics.contains(where: { data.starts(with: $0) }) { return .pytorchLegacy }
    if ONNXImport.recognizes(data) { return .onnx }
    // A pickle of any kind; a safetensors header of such a size would begin after eight bytes.
    if let first = data.first, first == 0x80, data.count > 2, data[data.startIndex + 1] <= 5,
      data.count < 9 || data[data.startIndex + 8] != UInt8(ascii: "{")
    {
      throw WeightsProblem("a pickle that torch.save did not write", remedy: TorchCheckpoint.remedy)
    }
    return .safetensors
  }
}

extension WeightsFile {
  /// Reads a file of any format, or a folder; see ``WeightsReader``.
  /// - Throws: `Failure(.missingInput)`, `Failure(.inputOutput)`, `Failure(.invalidData)`.
  public init(contentsOf url: URL) throws(Failure) {
    self = try WeightsReader(contentsOf: url).file
  }

  /// Reads a file's content.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(data: Data, source: String) throws(Failure) {
    self = try WeightsReader(data: data, source: source).file
  }
}

/// A file's bytes, mapped where that is safe.
func readFile(_ url: URL) throws(Failure) -> Data {
  let path = url.relativePath
  guard FileManager.default.fileExists(atPath: url.path) else {
    throw Failure(.missingInput, "\(path): no such file; check the path")
  }
  let kind =
    try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)[.type] as? FileAttributeType
  guard kind == .typeRegular else {
    throw Failure(.inputOutput, "\(path): expected a regular file, found a device, a pipe or a folder; name a file")
  }
  do {
    return try Data(contentsOf: url, options: .mappedIfSafe)
  } catch {
    throw Failure(.inputOutput, "\(path): cannot be read; check its permissions and the disk")
  }
}
