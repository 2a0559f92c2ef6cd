public import DenseNets

/// A model's state as a file, by PyTorch's names, and back.
extension WeightsFile {
  /// Everything that PyTorch's `state_dict` of the model would hold.
  public init(stateOf model: any Layer, metadata: [String: String] = [:]) {
    let tensors = model.namedState.map { NamedTensor(name: $0.name, tensor: $0.parameter.value) }
    let counters = model.namedBatchNorms.map {
      NamedTensor(name: "\($0.name).num_batches_tracked", value: .scalar(Int64($0.layer.batchesTracked)))
    }
    self.init(tensors: tensors + counters, metadata: metadata)
  }

  /// Sets the model's state, running statistics included, from this file. All or nothing: a failure changes nothing.
  /// - Parameters:
  ///   - classes: what becomes of a classifier for another number of classes.
  ///   - inputChannels: what becomes of a first convolution for images of another number of channels.
  /// - Returns: what was not taken as it is in the file.
  /// - Throws: `Failure(.invalidData)` that lists what is missing, unexpected or misshapen, or names a tensor with a
  ///   value that is not finite.
  @discardableResult
  public func load(
    into model: any Layer, classes: ClassesOption = .exact, inputChannels: InputChannelsOption = .exact
  ) throws(Failure) -> LoadReport {
    var file = named(for: model)
    var expected = model.namedState.map { ExpectedTensor(name: $0.name, shape: $0.parameter.shape) }
    var notes = LoadReport()
    let ends = FirstAndLastLayer(of: model)
    if inputChannels == .adapted { notes.inputChannels = ends.adaptInput(of: &file) }
    if case .reinitialized = classes { notes.classes = ends.removeClassifier(from: &file, &expected) }

    let values = try StateDictionary(file, expecting: expected)
    try file.requireFinite()
    let counters = try model.namedBatchNorms.map { norm throws(Failure) in
      try values.counter("\(norm.name).num_batches_tracked")
    }
    let loaded = Set(expected.map(\.name))
    for (name, parameter) in model.namedState where loaded.contains(name) { parameter.value = values.tensor(name) }
    for (norm, counter) in zip(model.namedBatchNorms, counters) { norm.layer.batchesTracked = counter }
    if case .reinitialized(let seed) = classes, notes.classes != nil {
      ends.classifier?.layer.initialize(.pytorch, seed: seed)
    }
    return notes
  }

  /// Checks that these are the tensors of `model`, whatever their values.
  /// - Throws: `Failure(.invalidData)` that lists what is missing, unexpected or misshapen.
  public func requireFit(to model: any Layer) throws(Failure) {
    _ = try StateDictionary(
      named(for: model),
      expecting: model.namedState.map { ExpectedTensor(name: $0.name, shape: $0.parameter.shape) })
  }

  /// The channels of the images that a model like `model` took when the file was made: those of its first convolution's
  /// weights. Nil where the file has none that fit in all else.
  public func inputChannels(of model: any Layer) -> Int? {
    guard let input = FirstAndLastLayer(of: model).input else { return nil }
    return named(for: model).extent(of: "\(input.name).weight", axis: 1, like: input.layer.weight.shape)
  }

  /// The classes that a model like `model` told apart when the file was made: the rows of its last linear layer's
  /// weights. Nil where the file has none that fit in all else.
  public func numClasses(of model: any Layer) -> Int? {
    guard let classifier = FirstAndLastLayer(of: model).classifier else { return nil }
    return named(for: model).extent(of: "\(classifier.name).weight", axis: 0, like: classifier.layer.weight.shape)
  }

  private func named(for model: any Layer) -> WeightsFile {
    var file = self
    file.tensors = TensorNames.restored(tensors, for: model.namedState.map(\.name))
    return file
  }

  private func extent(of name: String, axis: Int, like shape: [Int]) -> Int? {
    guard let found = self[name]?.shape, found.count == shape.count, found[axis] > 0 else { return nil }
    var wanted = shape
    wanted[axis] = found[axis]
    return found == wanted ? found[axis] : nil
  }
}

/// What becomes of a classifier whose number of classes is not the model's.
public enum ClassesOption: Sendable, Equatable {
  /// It does not fit.
  case exact
  /// A new one takes its place, with weights as PyTorch draws them, from the seed. One that fits is kept.
  case reinitialized(seed: UInt64)
}

/// What becomes of a first convolution whose number of input channels is not the model's.
public enum InputChannelsOption: Sendable, Equatable {
  /// It does not fit.
  case exact
  /// Its weights are summed over the channels where the model takes one, and repeated and scaled to the same sum
  /// otherwise, as timm's `adapt_input_conv` does.
  case adapted
}

/// What ``WeightsFile/load(into:classes:inputChannels:)`` did not take as it is in the file.
public struct LoadReport: Sendable, Equatable {
  public struct Change: Sendable, Equatable {
    /// Nil where the file has no such layer.
    public var file: Int?
    public var model: Int
  }

  /// The classes, where the classifier was made anew.
  public var classes: Change?
  /// The channels, where the first convolution was adapted.
  public var inputChannels: Change?

  /// The notes for people, a line each.
  public var lines: [String] {
    var lines: [String] = []
    if let inputChannels, let file = inputChannels.file {
      lines.append("the first convolution was adapted from \(file) to \(inputChannels.model) input channels")
    }
    if let classes {
      let found = classes.file.map { "that of the weights is for \($0)" } ?? "the weights have none"
      lines.append("the classifier for \(classes.model) classes is new and untrained: \(found)")
    }
    return lines
  }
}
