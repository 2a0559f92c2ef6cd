import DenseNets

/// A network's first convolution and last linear layer, the two that depend on the dataset.
struct FirstAndLastLayer {
  let input: (name: String, layer: Conv2d)?
  let classifier: (name: String, layer: Linear)?

  init(of model: any Layer) {
    var input: (name: String, layer: Conv2d)?
    var classifier: (name: String, layer: Linear)?
    func visit(_ layer: any Layer, _ name: String) {
      if let layer = layer as? Conv2d, input == nil { input = (name, layer) }
      if let layer = layer as? Linear { classifier = (name, layer) }
      for child in layer.children { visit(child.layer, name.isEmpty ? child.name : "\(name).\(child.name)") }
    }
    visit(model, "")
    (self.input, self.classifier) = (input, classifier)
  }

  var inputWeight: String? { input.map { "\($0.name).weight" } }
  var classifierWeight: String? { classifier.map { "\($0.name).weight" } }

  /// Removes the classifier from the file and from what is expected, where it is for another number of classes.
  func removeClassifier(from file: inout WeightsFile, _ expected: inout [ExpectedTensor]) -> LoadReport.Change? {
    guard let classifier, let classifierWeight else { return nil }
    let wanted = classifier.layer.weight.shape
    let found = file[classifierWeight]?.shape
    // Another number of features is another network, which the state dictionary tells.
    if let found, found.count != 2 || found[0] == wanted[0] || found[1] != wanted[1] { return nil }
    let names = [classifierWeight, "\(classifier.name).bias"]
    file.tensors.removeAll { names.contains($0.name) }
    expected.removeAll { names.contains($0.name) }
    return LoadReport.Change(file: found?[0], model: wanted[0])
  }

  /// Adapts the first convolution's weights `[out, in, height, width]` to the model's channels, where all else fits.
  func adaptInput(of file: inout WeightsFile) -> LoadReport.Change? {
    guard let input, let place = file.tensors.firstIndex(where: { $0.name == inputWeight }),
      let weight = file.tensors[place].value.tensor, weight.rank == 4, weight.count > 0
    else { return nil }
    let wanted = input.layer.weight.shape
    let (found, channels) = (weight.shape[1], wanted[1])
    guard found != channels, weight.shape[0] == wanted[0], weight.shape[2...] == wanted[2...] else { return nil }
    file.tensors[place].value = .floating(adapted(weight, channels: channels))
    return LoadReport.Change(file: found, model: channels)
  }

  private func adapted(_ weight: Tensor, channels: Int) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let kernel = weight.shape[2] * weight.shape[3]
    let values = weight.values
    let scale = Float(inputs) / Float(channels)
    var result = [Float](repeating: 0, count: outputs * channels * kernel)
    for output in 0..<outputs {
      for channel in 0..<max(inputs, channels) where channels == 1 || channel < channels {
        let from = (output * inputs + channel % inputs) * kernel
        let to = (output * channels + channel % channels) * kernel
        for i in 0..<kernel { result[to + i] += channels == 1 ? values[from + i] : values[from + i] * scale }
      }
    }
    return Tensor(shape: [outputs, channels] + weight.shape[2...], values: result)
  }
}
