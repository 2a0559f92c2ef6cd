import DenseNets

/// What nodes make of constants. Nil stands for what is not computed: other element types, or shapes that do not fit.
struct ConstantFolding {
  static let types: Set<String> = [
    "Cast", "Shape", "Size", "ConstantOfShape", "Reshape", "Transpose", "Expand", "Unsqueeze", "Squeeze", "Flatten",
    "Slice", "Gather", "Sqrt", "Neg", "Reciprocal",
  ]

  let node: GraphNode
  let external: ExternalData

  /// - Parameters:
  ///   - x: the first input.
  ///   - others: those after it; nil for one that is left out.
  func value(of x: TensorValue, _ others: [TensorValue?]) -> TensorValue? {
    let rank = x.shape.count
    switch node.type {
    case "Cast": return cast(x)
    case "Shape": return shape(x.shape)
    case "Size": return .scalar(Int64(x.count))
    case "ConstantOfShape": return filled(x)
    case "Reshape": return (others.first??.integers ?? node.integers("shape")).flatMap { reshaped(x, $0) }
    case "Transpose":
      let order = node.integers("perm")?.map { Int(clamping: $0) } ?? Array((0..<rank).reversed())
      guard order.sorted() == Array(0..<rank) else { return nil }
      let strides = TensorValue.strides(of: x.shape)
      return x.gathered(order.map { x.shape[$0] }, strides: order.map { strides[$0] })
    case "Expand":
      return others.first??.integers.flatMap { $0.count <= 8 ? x.broadcast($0.map { Int(clamping: $0) }) : nil }
    case "Unsqueeze":
      guard let axes = axes(others, rank: rank + (others.first??.count ?? node.integers("axes")?.count ?? 0)) else {
        return nil
      }
      var shape = x.shape
      for axis in axes.sorted() {
        guard axis <= shape.count else { return nil }
        shape.insert(1, at: axis)
      }
      return x.with(shape)
    case "Squeeze":
      let all = x.shape.indices.filter { x.shape[$0] == 1 }
      let given = others.first??.integers != nil || node.integers("axes") != nil
      guard let axes = given ? axes(others, rank: rank) : all, axes.allSatisfy({ x.shape[$0] == 1 }) else { return nil }
      return x.with(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
    case "Flatten":
      guard let axis = Self.place(node.integer("axis") ?? 1, in: rank + 1) else { return nil }
      return x.with([x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])
    case "Slice": return sliced(x, others)
    case "Gather":
      guard let indices = others.first ?? nil else { return nil }
      return picked(x, indices)
    case "Sqrt": return x.mapped { $0.squareRoot() }
    case "Neg": return x.mapped { -$0 }
    case "Reciprocal": return x.mapped { 1 / $0 }
    default: return nil
    }
  }

  private static func place(_ axis: Int64, in rank: Int) -> Int? {
    guard axis >= -Int64(rank), axis < Int64(rank) else { return nil }
    return Int(axis < 0 ? axis + Int64(rank) : axis)
  }

  /// The axes of an attribute or, since opset 13, of an input; nil where they are none.
  private func axes(_ others: [TensorValue?], rank: Int) -> [Int]? {
    guard let given = others.first??.integers ?? node.integers("axes"), given.count <= 8, rank <= 16 else { return nil }
    let axes = given.compactMap { Self.place($0, in: rank) }
    return axes.count == given.count && Set(axes).count == axes.count ? axes : nil
  }

  private func cast(_ x: TensorValue) -> TensorValue? {
    guard let to = node.integer("to").flatMap({ Int32(exactly: $0) }).flatMap(ONNXElementType.init) else { return nil }
    switch (x, to.stored.isFloating) {
    case (.floating, true), (.integer, false), (.int8, false): return x
    case (.integer, true), (.int8, true):
      return .floating(Tensor(shape: x.shape, values: x.integers!.map { Float($0) }))
    case (.floating(let tensor), false):
      guard tensor.values.allSatisfy({ abs($0) < 0x1p62 }) else { return nil }
      return .integer(tensor.values.map { Int64($0) }, shape: tensor.shape)
    }
  }

  private func shape(_ shape: [Int]) -> TensorValue {
    func place(_ position: Int64) -> Int {
      let (sum, overflow) = position.addingReportingOverflow(position < 0 ? Int64(shape.count) : 0)
      return Int(min(max(overflow ? 0 : sum, 0), Int64(shape.count)))
    }
    let begin = place(node.integer("start") ?? 0)
    let axes = shape[begin..<max(begin, place(node.integer("end") ?? Int64(shape.count)))].map(Int64.init)
    return .integer(axes, shape: [axes.count])
  }

  private func filled(_ axes: TensorValue) -> TensorValue? {
    guard let axes = axes.integers, axes.count <= 8 else { return nil }
    let one: TensorValue
    if let proto = node.tensor("value") {
      guard let value = try? proto.value(external: external), value.count == 1 else { return nil }
      one = value
    } else {
      one = .floating(Tensor(shape: [1], values: [0]))
    }
    return one.with([])?.broadcast(axes.map { Int(clamping: $0) })
  }

  /// With one axis of -1 at most; 0 stands for the extent that is there.
  private func reshaped(_ x: TensorValue, _ axes: [Int64]) -> TensorValue? {
    let count = x.count
    guard axes.count <= 8, axes.allSatisfy({ $0 >= -1 && $0 <= count }), axes.count(where: { $0 == -1 }) <= 1 else {
      return nil
    }
    let copies = node.integer("allowzero") ?? 0 == 0
    var shape: [Int] = []
    for (place, axis) in axes.enumerated() {
      guard axis != 0 || !copies || place < x.shape.count else { return nil }
      shape.append(axis == 0 && copies ? x.shape[place] : Int(axis))
    }
    var known = 1
    for axis in shape where axis >= 0 { known = min(known * axis, count + 1) }
    if let open = shape.firstIndex(of: -1) {
      guard known > 0, count % known == 0 else { return nil }
      shape[open] = count / known
    }
    return x.with(shape)
  }

  private func sliced(_ x: TensorValue, _ others: [TensorValue?]) -> TensorValue? {
    func numbers(_ place: Int, _ name: String) -> [Int64]? {
      if let attribute = node.integers(name) { return attribute }
      return place < others.count ? others[place]?.integers : nil
    }
    guard let starts = numbers(0, "starts"), let ends = numbers(1, "ends"), starts.count == ends.count else {
      return nil
    }
    let axes = numbers(2, "axes") ?? starts.indices.map(Int64.init)
    let steps = numbers(3, "steps") ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count, starts.count <= 8 else { return nil }
    var (shape, strides, offset) = (x.shape, TensorValue.strides(of: x.shape), 0)
    for (index, given) in axes.enumerated() {
      guard let axis = Self.place(given, in: shape.count), steps[index] != 0, abs(steps[index]) < 1 << 32 else {
        return nil
      }
      let (length, step) = (Int64(x.shape[axis]), steps[index])
      func place(_ position: Int64, _ range: ClosedRange<Int64>) -> Int64 {
        let (sum, overflow) = position.addingReportingOverflow(position < 0 ? length : 0)
        return overflow ? range.lowerBound : min(max(sum, range.lowerBound), range.upperBound)
      }
      guard length > 0 else { return nil }
      let range: ClosedRange<Int64> = step > 0 ? 0...length : -1...length - 1
      let (start, end) = (place(starts[index], step > 0 ? range : 0...length - 1), place(ends[index], range))
      let count = step > 0 ? max(0, (end - start + step - 1) / step) : max(0, (start - end - step - 1) / -step)
      if count == 0 { return nil }
      offset += Int(start) * strides[axis]
      (shape[axis], strides[axis]) = (Int(count), strides[axis] * Int(step))
    }
    return x.gathered(shape, strides: strides, offset: offset)
  }

  private func picked(_ x: TensorValue, _ indices: TensorValue) -> TensorValue? {
    guard let axis = Self.place(node.integer("axis") ?? 0, in: x.shape.count), let picks = indices.integers else {
      return nil
    }
    let places = picks.compactMap { Self.place($0, in: x.shape[axis]) }
    guard places.count == picks.count else { return nil }
    let parts = places.map { place in
      var shape = x.shape
      shape[axis] = 1
      let strides = TensorValue.strides(of: x.shape)
      return x.gathered(shape, strides: strides, offset: place * strides[axis])
    }
    let shape = x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...]
    guard let joined = TensorValue.concatenated(parts.compactMap(\.self), axis: Int64(axis)) else { return nil }
    return joined.with(Array(shape))
  }
}
