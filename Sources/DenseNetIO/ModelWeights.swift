public import DenseNets

/// A model's state as a file, by PyTorch's names, and back.
extension SafetensorsFile {
  /// Everything that PyTorch's `state_dict` of the model would hold.
  public init(stateOf model: any Layer, metadata: [String: String] = [:]) {
    let tensors = model.namedState.map { NamedTensor(name: $0.name, tensor: $0.parameter.value) }
    let counters = model.namedBatchNorms.map {
      NamedTensor(name: "\($0.name).num_batches_tracked", value: .scalar(Int64($0.layer.batchesTracked)))
    }
    self.init(tensors: tensors + counters, metadata: metadata)
  }

  /// Sets the model's state, running statistics included, from this file. All or nothing: a failure changes nothing.
  /// - Throws: `Failure(.invalidData)` that lists what is missing, unexpected or misshapen, or names a tensor with a
  ///   value that is not finite.
  public func load(into model: any Layer) throws(Failure) {
    let state = model.namedState
    let values = try StateDictionary(
      self, expecting: state.map { ExpectedTensor(name: $0.name, shape: $0.parameter.value.shape) })
    try requireFinite()
    for (name, parameter) in state { parameter.value = values.tensor(name) }
    for (name, norm) in model.namedBatchNorms {
      norm.batchesTracked = values.integer("\(name).num_batches_tracked").map(Int.init) ?? 0
    }
  }
}
