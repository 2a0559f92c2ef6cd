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
  ///   - classes: what happens to a classifier for another number of classes.
  ///   - inputChannels: what happens to a first convolution for images of another number of channels.
  /// - Returns: what was changed on the way.
  /// - Throws: `Failure(.invalidData)` that lists what is missing, unexpected or misshapen, or names a tensor with a
  ///   value that is not finite.
  @discardableResult
  public func load(
    into model: any Layer, classes: ClassesOption = .exact, inputChannels: InputChannelsOption = .exact
  ) throws(Failure) -> LoadReport {
    var file = named(for: model)
    var expected = model.namedState.map { ExpectedTensor(name: $0.name, shape: $0.parameter.shape) }
    var report = LoadReport()
    let ends = FirstAndLastLayer(of: model)
    if inputChannels == .adapted { report.inputChannels = ends.adaptInput(of: &file) }
    if case .reinitialized = classes { report.classes = ends.removeClassifier(from: &file, &expected) }

    let values = try StateDictionary(file, expecting: expected)
    try file.requireFinite()
    let counters = try model.namedBatchNorms.map { norm throws(Failure) in
      try values.counter("\(norm.name).num_batches_tracked")
    }
    let loaded = Set(expected.map(\.name))
    for (name, parameter) in model.namedState where loaded.contains(name) { parameter.value = values.tensor(name) }
    for (norm, counter) in zip(model.namedBatchNorms, counters) { norm.layer.batchesTracked = counter }
    if case .reinitialized(let seed) = classes, report.classes != nil {
      ends.classifier?.layer.initialize(.pytorch, seed: seed)
    }
    return report
  }

  /// Checks that these are the tensors of `model`, whatever their values.
  /// - Throws: `Failure(.invalidData)` that lists what is missing, unexpected or misshapen.
  public func requireFit(to model: any Layer) throws(Failure) {
    _ = try StateDictionary(
      named(for: model),
      expecting: model.namedState.map { ExpectedTensor(name: $0.name, shape: $0.parameter.shape) })
  }

  /// The image channels for which the file was made: those of the weights of the first convolution of a model like
  /// `model`. Nil where the file has no such weights of a fitting shape.
  public func inputChannels(of model: any Layer) -> Int? {
    guard let input = FirstAndLastLayer(of: model).input else { return nil }
    return named(for: model).extent(of: "\(input.name).weight", axis: 1, like: input.layer.weight.shape)
  }

  /// The number of classes for which the file was made: the rows of the weights of the last linear layer of a model
  /// like `model`. Nil where the file has no such weights of a fitting shape.
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
