public import DenseNets
public import Foundation

/// All that a training run needs to resume as if it had never stopped, to the bit: weights, the optimizer's state, the
/// average, what dropouts drop next, and how far the run has come. The order of the images follows from the seed and
/// the epoch.
///
/// As a file it is safetensors, with a checksum over everything.
public struct Checkpoint: Sendable, Equatable {
  public let progress: TrainingProgress
  /// The settings that the run's results depend on, by name; a run is resumed only with the same.
  public let settings: [String: String]
  /// How long the run had taken, in seconds, evaluation included.
  public let seconds: Double
  /// The file's name for messages.
  let source: String
  private let tensors: [NamedTensor]
  /// The names of the optimizer's state, in the optimizer's own order.
  private let optimizerState: [String]

  /// The present state of a run.
  public init(of trainer: Trainer, progress: TrainingProgress, settings: [String: String], seconds: Double) {
    self.progress = progress
    self.settings = settings
    self.seconds = seconds
    source = "the checkpoint"
    var tensors = WeightsFile(stateOf: trainer.model).tensors.map { $0.prefixed(Part.model) }
    for (name, dropout) in trainer.model.namedDropouts {
      let state = [Int64(bitPattern: dropout.seed), Int64(bitPattern: dropout.passes)]
      tensors.append(NamedTensor(name: Part.dropout + name, value: .integer(state, shape: [2])))
    }
    let names = trainer.parameterNames
    let optimizerState = trainer.optimizer.state
    self.optimizerState = optimizerState.map(\.name)
    for state in optimizerState {
      for (name, values) in zip(names, state.values) {
        tensors.append(
          NamedTensor(
            name: Part.optimizer + state.name + "." + name, tensor: Tensor(shape: [values.count], values: values)))
      }
    }
    if let average = trainer.average {
      tensors += average.values.map { NamedTensor(name: Part.average + $0.name, tensor: $0.tensor) }
      tensors.append(NamedTensor(name: Part.averageSteps, value: .scalar(Int64(average.steps))))
    }
    self.tensors = tensors
  }

  /// Brings a run that was built with the same settings to where this one was.
  /// - Throws: `Failure(.invalidData)` where the checkpoint is of another model or optimizer; then the trainer is not
  ///   to be used.
  public func restore(into trainer: Trainer) throws(Failure) {
    try file(of: Part.model).load(into: trainer.model)
    let values = Dictionary(tensors.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    func value(_ name: String) throws(Failure) -> TensorValue {
      guard let value = values[name] else {
        throw Failure(.invalidData, "\(source): expected \(printable(name)), found none; it belongs to another run")
      }
      return value
    }
    for (name, dropout) in trainer.model.namedDropouts {
      guard let state = try value(Part.dropout + name).integers, state.count == 2 else {
        throw Failure(.invalidData, "\(source): \(printable(name)): expected a seed and a number of passes")
      }
      (dropout.seed, dropout.passes) = (UInt64(bitPattern: state[0]), UInt64(bitPattern: state[1]))
    }
    var optimizerState: [OptimizerState] = []
    for kind in self.optimizerState {
      var rows: [[Float]] = []
      for name in trainer.parameterNames {
        guard let tensor = try value(Part.optimizer + kind + "." + name).tensor else {
          throw Failure(.invalidData, "\(source): \(printable(name)): expected floating-point numbers of the optimizer")
        }
        rows.append(tensor.values)
      }
      optimizerState.append(OptimizerState(name: kind, values: rows))
    }
    try trainer.optimizer.restore(steps: progress.step, state: optimizerState)
    if let average = trainer.average {
      let model = Dictionary(
        uniqueKeysWithValues: trainer.model.namedState.map { ($0.name, $0.parameter.shape) })
      var averages: [String: Tensor] = [:]
      for (name, shape) in model {
        guard let tensor = try value(Part.average + name).tensor, tensor.shape == shape else {
          throw Failure(.invalidData, "\(source): \(printable(name)): expected an average of shape \(shape)")
        }
        averages[name] = tensor
      }
      average.restore(steps: Int(try value(Part.averageSteps).integers?.first ?? 0), values: averages)
    }
  }

  /// The names of the optimizer's state in a checkpoint that does not list them. Their order is that of all optimizers of
  /// the releases that wrote such.
  private static func sortedStateNames(_ tensors: [NamedTensor]) -> [String] {
    let names = tensors.filter { $0.name.hasPrefix(Part.optimizer) }.map {
      String($0.name.dropFirst(Part.optimizer.count).prefix { $0 != "." })
    }
    return Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func file(of part: String) -> WeightsFile {
    WeightsFile(
      tensors: tensors.compactMap { tensor in
        tensor.name.hasPrefix(part)
          ? NamedTensor(name: String(tensor.name.dropFirst(part.count)), value: tensor.value) : nil
      }, source: source)
  }

  /// What the names of tensors begin with.
  private enum Part {
    static let model = "model."
    static let dropout = "dropout."
    static let optimizer = "optimizer."
    static let average = "average."
    static let averageSteps = "average_steps"
  }
}

// MARK: - As a file

extension Checkpoint {
  /// Of the file's content; another one is refused.
  private static let version = "1"

  private enum Key {
    static let version = "densenet_checkpoint"
    static let progress = "progress"
    static let settings = "settings"
    static let seconds = "seconds"
    static let optimizerState = "optimizer_state"
    static let checksum = "checksum"
  }

  /// - Throws: `Failure(.inputOutput)`; then no file is there, or the one from before.
  public func write(to url: URL) throws(Failure) { try AtomicFile.write(try encoded(), to: url) }

  /// The content of the file.
  package func encoded() throws(Failure) -> Data {
    var file = WeightsFile(tensors: tensors)
    file.metadata = [
      Key.version: Self.version, Key.progress: String(decoding: try compactJSON(progress), as: UTF8.self),
      Key.settings: String(decoding: try compactJSON(settings), as: UTF8.self), Key.seconds: "\(seconds)",
      Key.optimizerState: optimizerState.joined(separator: ","),
    ]
    file.metadata[Key.checksum] = file.fullChecksum
    return Safetensors.encoded(file)
  }

  /// - Throws: `Failure(.missingInput)`, `Failure(.inputOutput)`, or `Failure(.invalidData)` where a bit is not as it
  ///   was written, or another version wrote the file.
  public init(contentsOf url: URL) throws(Failure) {
    try self.init(encoded: try readFile(url), source: url.relativePath)
  }

  /// - Parameters:
  ///   - data: the content of a file.
  ///   - source: its name, for messages.
  package init(encoded data: Data, source name: String) throws(Failure) {
    var file = try Self.content(data, name)
    guard let version = file.metadata[Key.version] else {
      throw Failure(.invalidData, "\(file.source): expected a checkpoint, found other tensors")
    }
    guard version == Self.version else {
      throw Failure(
        .invalidData,
        "\(file.source): expected a checkpoint of version \(Self.version), found version \(printable(version)); use the program that wrote it"
      )
    }
    guard let checksum = file.metadata.removeValue(forKey: Key.checksum), checksum == file.fullChecksum else {
      throw Failure(.invalidData, "\(file.source): is damaged: its checksum does not match its content")
    }
    let metadata = file.metadata
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard
      let progress = try? decoder.decode(TrainingProgress.self, from: Data((metadata[Key.progress] ?? "").utf8)),
      let settings = try? JSONDecoder().decode([String: String].self, from: Data((metadata[Key.settings] ?? "").utf8)),
      let seconds = metadata[Key.seconds].flatMap(Double.init)
    else { throw Failure(.invalidData, "\(file.source): does not record how far its run had got") }
    self.progress = progress
    self.settings = settings
    self.seconds = seconds
    source = file.source
    tensors = file.tensors
    optimizerState =
      metadata[Key.optimizerState].map { $0.split(separator: ",").map(String.init) }
      ?? Self.sortedStateNames(file.tensors)
  }

  private static func content(_ data: Data, _ name: String) throws(Failure) -> WeightsFile {
    do throws(WeightsProblem) {
      var file = try Safetensors.decoded(data)
      file.source = name
      return file
    } catch {
      throw error.failure(in: name)
    }
  }
}

extension NamedTensor {
  fileprivate func prefixed(_ prefix: String) -> NamedTensor { NamedTensor(name: prefix + name, value: value) }
}

extension Trainer {
  /// The state-dict names of the parameters that the optimizer moves, in its order.
  fileprivate var parameterNames: [String] {
    let names = Dictionary(
      model.namedParameters.map { (ObjectIdentifier($0.parameter), $0.name) }, uniquingKeysWith: { first, _ in first })
    return optimizer.parameters.map { names[ObjectIdentifier($0)] ?? "" }
  }
}
