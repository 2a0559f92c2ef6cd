public import DenseNets

/// A tensor that a network expects from a weights file.
public struct ExpectedTensor: Sendable, Equatable {
  public var name: String
  /// The extent of every axis in PyTorch's order. The empty shape is a scalar.
  public var shape: [Int]

  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

/// The tensors of a weights file by name, known to be exactly those that a network expects.
///
/// `num_batches_tracked` of a batch norm is optional: it may be missing from the file, and the file may have it where
/// only `running_mean` is expected beside it.
public struct StateDictionary: Sendable {
  private let values: [String: TensorValue]
  private let source: String

  /// Matches a file against what a network expects.
  /// - Throws: `Failure(.invalidData)`, one line that lists what is missing, unexpected and misshapen.
  public init(_ file: WeightsFile, expecting expected: [ExpectedTensor]) throws(Failure) {
    let found = Dictionary(file.tensors.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let wanted = Dictionary(expected.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let missing = expected.filter { found[$0.name] == nil && !isCounter($0.name) }.map { printable($0.name) }
    let unexpected = file.tensors.filter { wanted[$0.name] == nil && !isCounter($0.name, beside: wanted) }
      .map { printable($0.name) }
    let misshapen = expected.compactMap { expectation in
      found[expectation.name].flatMap { mismatch($0, expectation) }
    }
    let complaints = [
      complaint("missing", missing, separator: ", "), complaint("unexpected", unexpected, separator: ", "),
      complaint("misshapen", misshapen, separator: "; "),
    ].compactMap { $0 }
    if !complaints.isEmpty, unexpected.isEmpty, misshapen.isEmpty, !missing.isEmpty,
      missing.allSatisfy({ $0.hasPrefix("classifier.") }),
      missing.count == wanted.keys.count(where: { $0.hasPrefix("classifier.") })
    {
      throw Failure(
        .invalidData,
        "\(file.source): it has no classifier (\(missing.joined(separator: ", "))), only the layers before it; start a training run from it, with the number of classes for a new classifier",
        settings: ["initialWeights", "numClasses"])
    }
    guard complaints.isEmpty else {
      let near = NearestName.complaint(missing: missing, among: unexpected).map { "; \($0)" } ?? ""
      throw Failure(
        .invalidData,
        "\(file.source): its tensors do not fit the network: \(complaints.joined(separator: "; "))\(near); "
          + "choose the model and options that the file was made with")
    }
    values = found
    source = file.source
  }

  /// The floating-point tensor of an expected name.
  /// - Precondition: the name was expected and is not `num_batches_tracked`.
  public func tensor(_ name: String) -> Tensor {
    guard case .floating(let tensor)? = values[name] else {
      preconditionFailure("\(source): no tensor \(name) was expected")
    }
    return tensor
  }

  /// The first integer of a name, such as `num_batches_tracked`; nil when the file does not have it.
  public func integer(_ name: String) -> Int64? {
    switch values[name] {
    case .integer, .int8: values[name]?.integers?.first
    case .floating(let tensor): tensor.values.first.flatMap { Int64(exactly: $0) }
    case nil: nil
    }
  }

  /// A count such as `num_batches_tracked`; 0 where the file does not have it.
  /// - Throws: `Failure(.invalidData)` where it is none: training could not count on from there.
  func counter(_ name: String) throws(Failure) -> Int {
    guard let count = integer(name) else { return 0 }
    guard (0...1 << 53).contains(count) else {
      throw Failure(
        .invalidData, "\(source): tensor \(printable(name)) holds \(count), expected a count from 0; remove it")
    }
    return Int(count)
  }
}

private let counter = "num_batches_tracked"

private func isCounter(_ name: String) -> Bool {
  name == counter || name.hasSuffix("." + counter)
}

private func isCounter(_ name: String, beside expected: [String: [Int]]) -> Bool {
  isCounter(name) && expected[name.dropLast(counter.count) + "running_mean"] != nil
}

private func mismatch(_ value: TensorValue, _ expectation: ExpectedTensor) -> String? {
  let name = printable(expectation.name)
  if value.shape != expectation.shape {
    return "\(name): expected \(expectation.shape), found \(value.shape)"
  }
  if value.tensor == nil, !isCounter(expectation.name) {
    return "\(name): expected floating-point numbers, found integers"
  }
  return nil
}

/// `missing 2 (a, b)`, with the first few of many, or nil for none.
private func complaint(_ what: String, _ items: [String], separator: String, limit: Int = 4) -> String? {
  if items.isEmpty { return nil }
  let more = items.count > limit ? separator + "…" : ""
  return "\(what) \(items.count) (\(items.prefix(limit).joined(separator: separator))\(more))"
}
