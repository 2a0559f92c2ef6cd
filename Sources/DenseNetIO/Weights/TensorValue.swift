public import DenseNets

/// What a weights file holds under one name: floating-point numbers, or integers such as `num_batches_tracked` or
/// quantized weights.
public enum TensorValue: Sendable, Equatable {
  /// Floating-point numbers of any width in the file, as `Float` here.
  case floating(Tensor)
  /// Integers or booleans of any width in the file, row by row. The empty shape is a scalar.
  case integer([Int64], shape: [Int])
  /// Integers that are written as bytes, row by row; they are read as ``integer(_:shape:)``.
  case int8([Int8], shape: [Int])

  /// An integer of shape `[]`.
  public static func scalar(_ value: Int64) -> TensorValue { .integer([value], shape: []) }

  /// The extent of every axis, outermost first.
  public var shape: [Int] {
    switch self {
    case .floating(let tensor): tensor.shape
    case .integer(_, let shape), .int8(_, let shape): shape
    }
  }

  /// The number of elements.
  public var count: Int {
    switch self {
    case .floating(let tensor): tensor.count
    case .integer(let values, _): values.count
    case .int8(let values, _): values.count
    }
  }

  /// The tensor, or nil for integers.
  public var tensor: Tensor? {
    if case .floating(let tensor) = self { tensor } else { nil }
  }

  /// The integers, row by row, or nil for floating-point numbers.
  public var integers: [Int64]? {
    switch self {
    case .floating: nil
    case .integer(let values, _): values
    case .int8(let values, _): values.map(Int64.init)
    }
  }
}

/// A value and its name in the file.
public struct NamedTensor: Sendable, Equatable {
  public var name: String
  public var value: TensorValue

  public init(name: String, value: TensorValue) {
    self.name = name
    self.value = value
  }

  public init(name: String, tensor: Tensor) {
    self.init(name: name, value: .floating(tensor))
  }
}
