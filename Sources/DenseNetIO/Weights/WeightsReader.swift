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
  /// - Parameter entry: the part of a checkpoint to read, its keys joined by dots; nil: the average of the weights where
  ///   there is one, as in timm, else the only one.
  /// - Throws: `Failure(.missingInput)` when it is not there, `Failure(.inputOutput)` when it cannot be read,
  ///   `Failure(.invalidData)` when its content is no sound weights file.
  public init(contentsOf url: URL, entry: String? = nil) throws(Failure) {
    guard let folder = try WeightsFolder(url) else {
      try self.init(
        data: try readFile(url), source: url.relativePath, folder: url.absoluteURL.deletingLastPathComponent(),
        entry: entry)
      return
    }
    try self.init(data: try readFile(folder.weights), source: folder.weights.relativePath, folder: nil, entry: entry)
    try folder.describe(&file)
  }

  /// Reads a file's content.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(data: Data, source: String) throws(Failure) {
    try self.init(data: data, source: source, folder: nil, entry: nil)
  }

  /// - Parameter folder: where a file of several parts has the others; nil: it must be whole.
  private init(data: Data, source: String, folder: URL?, entry: String?) throws(Failure) {
    do {
      try self.init(checking: data, source: source, folder: folder, entry: entry)
    } catch {
      throw error.failure(in: source)
    }
  }

  private init(checking data: Data, source: String, folder: URL?, entry: String?) throws(WeightsProblem) {
    format = try WeightsFormat(of: data, name: source)
    var (prefix, notes, classes) = (entry, [Remark](), [CheckpointClasses]())
    self.entry = ""
    switch format {
    case .safetensors:
      file = try Safetensors.decoded(data)
      try file.takeQuantization()
    case .pytorch, .pytorchLegacy:
      let checkpoint: TorchCheckpoint
      (file, checkpoint) =
        format == .pytorch
        ? try TorchArchive.decoded(data, entry: entry) : try TorchLegacy.decoded(data, entry: entry)
      (self.entry, prefix) = (checkpoint.entry, checkpoint.prefix)
      (notes, classes) = (checkpoint.notes, checkpoint.classes)
    case .onnx:
      if let entry { throw EntryNames.absent(entry, among: []) }
      file = try ONNXImport.decoded(data, folder: folder)
    }
    let names = try TensorNames(file.tensors, prefix: prefix)
    if let prefix { self.entry += self.entry.isEmpty ? prefix : "." + prefix }
    (file.tensors, renamed) = (names.tensors, names.renamed)
    try NetworkHead.requireLast(names.extra, outputs: file["classifier.weight"]?.shape.first)
    file.source = source
    let used = [
      TorchXRayVision.describe(names.extra, of: &file), NormalizationBuffers.describe(names.extra, of: &file),
    ]
    .compactMap { $0 }
    notes += file.notes + names.notes(using: used.reduce(into: []) { $0.formUnion($1.tensors) })
    notes += used.map { Remark($0.note) } + file.takeNames(of: classes + MetadataClasses.all(in: file.metadata))
    file.notes = notes.map { Remark("\(source): \($0.text)", settings: $0.settings) }
  }
}

extension WeightsFormat {
  /// The format of a file's content. Anything that is not known as something else is taken for safetensors, whose reader
  /// says what is wrong with it.
  /// - Throws: ``WeightsProblem`` that says what else it is.
  init(of data: Data, name: String) throws(WeightsProblem) {
    if let problem = ForeignFile.problem(with: data, name: name) { throw problem }
    if name.lowercased().hasSuffix(".onnx") || ONNXImport.recognizes(data) {
      self = .onnx
    } else if data.starts(with: [0x50, 0x4b, 0x03, 0x04]) || data.starts(with: [0x50, 0x4b, 0x05, 0x06]) {
      self = .pytorch
    } else if TorchLegacy.magics.contains(where: { data.starts(with: $0) }) {
      self = .pytorchLegacy
    } else if let first = data.first, first == 0x80, data.count > 2, data[data.startIndex + 1] <= 5,
      data.count < 9 || data[data.startIndex + 8] != UInt8(ascii: "{")
    {
      // A pickle of any kind; a safetensors header of such a size would begin after eight bytes.
      throw WeightsProblem("a pickle that torch.save did not write", remedy: TorchCheckpoint.remedy)
    } else {
      self = .safetensors
    }
  }
}

extension WeightsFile {
  /// Reads a file of any format, or a folder; see ``WeightsReader``.
  /// - Throws: `Failure(.missingInput)`, `Failure(.inputOutput)`, `Failure(.invalidData)`.
  public init(contentsOf url: URL, entry: String? = nil) throws(Failure) {
    self = try WeightsReader(contentsOf: url, entry: entry).file
  }

  /// Reads a file's content.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(data: Data, source: String) throws(Failure) {
    self = try WeightsReader(data: data, source: source).file
  }

  /// Reads a safetensors file whose tensors need not be those of a network: all of them, by their own names.
  /// - Throws: as ``init(contentsOf:entry:)``.
  public init(tensorsOf url: URL) throws(Failure) {
    let (data, source) = (try readFile(url), url.relativePath)
    do throws(WeightsProblem) {
      guard try WeightsFormat(of: data, name: source) == .safetensors else {
        throw WeightsProblem("expected a safetensors file of tensors", remedy: "write it with safetensors' save_file")
      }
      self = try Safetensors.decoded(data)
      self.source = source
    } catch { throw error.failure(in: source) }
  }
}
