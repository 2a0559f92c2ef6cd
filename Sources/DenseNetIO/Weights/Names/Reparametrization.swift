import DenseNets

/// Weights that PyTorch keeps in parts: pruned ones (`weight_orig` and `weight_mask`), and those with weight
/// normalisation (`weight_g` and `weight_v`, or `parametrizations.weight.original0` and `original1`).
enum Reparametrization {
  /// Replaces parts by what they make, in place of the first part.
  /// - Returns: what was done, one line for each kind.
  /// - Throws: ``WeightsProblem`` that names a tensor kept in parts of another kind, or parts that do not fit.
  static func resolve(_ tensors: inout [NamedTensor]) throws(WeightsProblem) -> [String] {
    guard tensors.contains(where: { isPart($0.name) }) else { return [] }
    let values = Dictionary(tensors.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    var made: [String: NamedTensor] = [:]
    var parts: Set<String> = []
    var (pruned, normalized) = (0, 0)
    for tensor in tensors {
      let name = tensor.name
      if let base = base(name, "_orig") {
        if values[base + "_u"] != nil { throw spectral(name) }
        guard let mask = values[base + "_mask"] else { continue }
        made[name] = NamedTensor(name: base, tensor: try product(tensor, mask))
        parts.insert(base + "_mask")
        pruned += 1
      } else if let base = base(name, "_g"), let direction = values[base + "_v"] {
        made[name] = NamedTensor(name: base, tensor: try scaled(direction, to: tensor))
        parts.insert(base + "_v")
        normalized += 1
      } else if name.contains(".parametrizations."), let base = base(name, ".original0"),
        let direction = values[base + ".original1"]
      {
        let plain = base.replacing("parametrizations.", with: "")
        made[name] = NamedTensor(name: plain, tensor: try scaled(direction, to: tensor))
        parts.insert(base + ".original1")
        normalized += 1
      }
    }
    for tensor in tensors where tensor.name.contains(".parametrizations.") {
      guard made[tensor.name] != nil || parts.contains(tensor.name) else { throw spectral(tensor.name) }
    }
    tensors = tensors.compactMap { parts.contains($0.name) ? nil : made[$0.name] ?? $0 }
    var notes: [String] = []
    if pruned > 0 { notes.append("\(pruned) pruned tensors were multiplied by their masks") }
    if normalized > 0 { notes.append("\(normalized) tensors were computed from their weight normalisation") }
    return notes
  }

  private static func isPart(_ name: String) -> Bool {
    name.hasSuffix("_orig") || name.hasSuffix("_g") || name.contains(".parametrizations.")
  }

  private static func base(_ name: String, _ suffix: String) -> String? {
    name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : nil
  }

  private static func spectral(_ name: String) -> WeightsProblem {
    WeightsProblem(
      "\(printable(name)) is a part from which PyTorch computes a weight, as with spectral normalisation",
      remedy: "remove it before saving (torch.nn.utils.remove_spectral_norm, or parametrize.remove_parametrizations)")
  }

  private static func product(_ tensor: NamedTensor, _ mask: TensorValue) throws(WeightsProblem) -> Tensor {
    guard let weight = tensor.value.tensor, weight.shape == mask.shape else { throw misfit(tensor) }
    let factors = mask.tensor?.values ?? mask.integers!.map { Float($0) }
    return Tensor(shape: weight.shape, values: zip(weight.values, factors).map { $0 * $1 })
  }

  /// `g · v / ‖v‖`, the norm over all axes but the first.
  private static func scaled(_ direction: TensorValue, to magnitude: NamedTensor) throws(WeightsProblem) -> Tensor {
    guard let v = direction.tensor, let g = magnitude.value.tensor, v.rank > 0, v.count > 0,
      g.shape == [v.shape[0]] + Array(repeating: 1, count: v.rank - 1)
    else { throw misfit(magnitude) }
    let (values, lengths, each) = (v.values, g.values, v.count / v.shape[0])
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for row in 0..<v.shape[0] {
      let part = values[row * each..<(row + 1) * each]
      let scale = Double(lengths[row]) / part.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      result += part.map { Float(Double($0) * scale) }
    }
    return Tensor(shape: v.shape, values: result)
  }

  private static func misfit(_ tensor: NamedTensor) -> WeightsProblem {
    WeightsProblem("the parts of \(printable(tensor.name)) do not fit each other")
  }
}
