import DenseNets

/// Constants as nodes compute with them, row by row.
extension TensorValue {
  /// Elements that one node may make: more than any layer has.
  static let maximumComputed = 1 << 23

  static func strides(of shape: [Int]) -> [Int] {
    var strides = shape
    var step = 1
    for axis in shape.indices.reversed() {
      strides[axis] = step
      step *= max(shape[axis], 1)
    }
    return strides
  }

  /// The elements of a shape, or nil where they are too many, or would be without its empty axes.
  private static func count(of shape: [Int]) -> Int? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
      guard extent >= 0, !overflow, product <= maximumComputed else { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }

  /// The same elements in another shape.
  func with(_ shape: [Int]) -> TensorValue? {
    guard shape.count <= 8, Self.count(of: shape) ?? (shape == self.shape ? count : -1) == count else { return nil }
    return switch self {
    case .floating(let tensor): .floating(Tensor(shape: shape, values: tensor.values))
    case .integer(let values, _): .integer(values, shape: shape)
    case .int8(let values, _): .int8(values, shape: shape)
    }
  }

  /// The elements at steps of their own along each axis of a new shape.
  func gathered(_ shape: [Int], strides: [Int], offset: Int = 0) -> TensorValue? {
    guard shape.count <= 8, let total = Self.count(of: shape), total == 0 || count > 0 else { return nil }
    var places: [Int] = []
    places.reserveCapacity(total)
    var index = [Int](repeating: 0, count: shape.count)
    var position = offset
    for _ in 0..<total {
      places.append(position)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < shape[axis] { break }
        position -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    switch self {
    case .floating(let tensor):
      let values = tensor.values
      return .floating(Tensor(shape: shape, values: places.map { values[$0] }))
    case .integer(let values, _): return .integer(places.map { values[$0] }, shape: shape)
    case .int8(let values, _): return .int8(places.map { values[$0] }, shape: shape)
    }
  }

  /// As often as the axes say, by NumPy's rules for both shapes.
  func broadcast(_ axes: [Int]) -> TensorValue? {
    let rank = max(axes.count, shape.count)
    let own = Array(repeating: 1, count: rank - shape.count) + shape
    let given = Array(repeating: 1, count: rank - axes.count) + axes
    var (result, strides) = (own, Self.strides(of: own))
    for axis in 0..<rank {
      guard own[axis] == given[axis] || own[axis] == 1 || given[axis] == 1 else { return nil }
      if own[axis] == 1 { (result[axis], strides[axis]) = (given[axis], 0) }
    }
    return result == shape ? self : gathered(result, strides: strides)
  }

  func mapped(_ change: (Float) -> Float) -> TensorValue? {
    tensor.map { .floating(Tensor(shape: $0.shape, values: $0.values.map(change))) }
  }

  /// Arithmetic of floats, or of integers, element by element.
  func combined(with other: TensorValue, _ operation: String) -> TensorValue? {
    guard shape.count <= 8, other.shape.count <= 8, let left = broadcast(other.shape),
      let right = other.broadcast(left.shape)
    else { return nil }
    switch (left, right) {
    case (.floating(let a), .floating(let b)):
      let pairs = zip(a.values, b.values)
      let values: [Float] =
        switch operation {
        case "Add": pairs.map { $0 + $1 }
        case "Sub": pairs.map { $0 - $1 }
        case "Mul": pairs.map { $0 * $1 }
        default: pairs.map { $0 / $1 }
        }
      return .floating(Tensor(shape: a.shape, values: values))
    case (.integer(let a, let shape), .integer(let b, _)):
      if operation == "Div", b.contains(0) { return nil }
      let values = zip(a, b).map { x, y in
        switch operation {
        case "Add": x &+ y
        case "Sub": x &- y
        case "Mul": x &* y
        default: x.dividedReportingOverflow(by: y).partialValue
        }
      }
      return .integer(values, shape: shape)
    default: return nil
    }
  }

  /// Of one kind and of shapes that differ along one axis only.
  static func concatenated(_ parts: [TensorValue], axis given: Int64) -> TensorValue? {
    guard let first = parts.first, case let rank = first.shape.count, given >= -Int64(rank), given < Int64(rank) else {
      return nil
    }
    let axis = Int(given < 0 ? given + Int64(rank) : given)
    var shape = first.shape
    shape[axis] = 0
    for part in parts {
      guard part.shape.count == rank, part.shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == shape[$0] })
      else {
        return nil
      }
      shape[axis] += part.shape[axis]
    }
    guard count(of: shape) != nil else { return nil }
    let outer = shape[..<axis].reduce(1, *)
    func joined<Element>(_ lists: [[Element]]) -> [Element] {
      var result: [Element] = []
      for row in 0..<outer {
        for list in lists where outer > 0 {
          let each = list.count / outer
          result += list[row * each..<(row + 1) * each]
        }
      }
      return result
    }
    let floats = parts.compactMap { $0.tensor?.values }
    if floats.count == parts.count { return .floating(Tensor(shape: shape, values: joined(floats))) }
    let integers = parts.compactMap(\.integers)
    return integers.count == parts.count ? .integer(joined(integers), shape: shape) : nil
  }
}
