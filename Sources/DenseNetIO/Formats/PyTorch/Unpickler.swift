/// A machine for Python's pickles, protocols 0 to 5, that builds plain values, containers and descriptions of tensors,
/// and nothing else.
///
/// Classes and functions are those of ``PickleGlobal``; whatever else a pickle names, calls or extends ends the reading
/// with that name, before anything of it is looked at. Time and memory are bounded by the pickle's length and by
/// ``maximumSteps``; nothing recurses.
struct Unpickler {
  /// A checkpoint takes some 30 instructions a tensor.
  static let maximumSteps = 2_000_000
  static let maximumSize = 64 << 20

  var reader: PickleReader
  var heap = PickleHeap()
  private var steps = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ bytes: [UInt8]) {
    reader = PickleReader(bytes)
  }

  /// Reads the pickle at the reader's position, up to its STOP. The heap grows on.
  mutating func load() throws(WeightsProblem) -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    while true {
      steps += 1
      guard steps <= Self.maximumSteps else {
        throw WeightsProblem(
          "its pickle has more than \(Self.maximumSteps) instructions", remedy: TorchCheckpoint.remedy)
      }
      let code = try reader.byte()
      guard let opcode = Opcode(rawValue: code) else {
        throw WeightsProblem("its pickle has the unknown instruction \(code) at byte \(reader.position - 1)")
      }
      if opcode == .stop { return try pop() }
      try execute(opcode)
    }
  }

  private mutating func execute(_ opcode: Opcode) throws(WeightsProblem) {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try reader.byte()
      guard version <= 5 else { throw WeightsProblem("its pickle is of protocol \(version), expected at most 5") }
    case .frame: _ = try reader.number(8)
    case .mark: marks.append(stack.count)
    case .pop:
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popMark()
    case .dup: push(try top())

    case .none: push(.none)
    case .newTrue: push(.bool(true))
    case .newFalse: push(.bool(false))
    case .int, .long: push(try reader.decimal())
    case .binInt: push(.integer(Int(Int32(truncatingIfNeeded: try reader.number(4)))))
    case .binInt1: push(.integer(Int(try reader.byte())))
    case .binInt2: push(.integer(Int(try reader.number(2))))
    case .long1: push(try reader.binaryLong(1))
    case .long4: push(try reader.binaryLong(4))
    case .float: push(try reader.decimalReal())
    case .binFloat: push(try reader.binaryReal())

    case .string: push(try reader.quotedString())
    case .unicode: push(try reader.escapedLine())
    case .shortBinString: push(try reader.oldString(1))
    case .binString: push(try reader.oldString(4))
    case .shortBinUnicode: push(try reader.text(1))
    case .binUnicode: push(try reader.text(4))
    case .binUnicode8: push(try reader.text(8))
    case .shortBinBytes: push(.bytes(Array(try reader.counted(1))))
    case .binBytes: push(.bytes(Array(try reader.counted(4))))
    case .binBytes8, .byteArray8: push(.bytes(Array(try reader.counted(8))))
    case .nextBuffer, .readonlyBuffer:
      throw WeightsProblem("its pickle needs buffers from outside the file", remedy: TorchCheckpoint.remedy)

    case .emptyTuple: push(heap.add(.tuple))
    case .tuple1: push(heap.add(.tuple, try pop(1)))
    case .tuple2: push(heap.add(.tuple, try pop(2)))
    case .tuple3: push(heap.add(.tuple, try pop(3)))
    case .tuple: push(heap.add(.tuple, try popMark()))
    case .emptyList: push(heap.add(.list))
    case .list: push(heap.add(.list, try popMark()))
    case .append, .appends, .addItems: try extend(opcode)
    case .emptySet: push(heap.add(.set))
    case .frozenSet: push(heap.add(.set, try popMark()))
    case .emptyDict: push(heap.add(.dict))
    case .dict:
      let items = try popMark()
      push(heap.add(.dict))
      try set(items)
    case .setItem, .setItems:
      let items = opcode == .setItem ? try pop(2) : try popMark()
      try set(items)

    case .put: memo[try index()] = try top()
    case .binPut: memo[Int(try reader.byte())] = try top()
    case .longBinPut: memo[Int(try reader.number(4))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .get: try recall(try index())
    case .binGet: try recall(Int(try reader.byte()))
    case .longBinGet: try recall(Int(try reader.number(4)))

    case .global:
      let module = try reader.textLine()
      push(.global(try find(module, try reader.textLine())))
    case .stackGlobal: try stackGlobal()
    case .reduce, .newObj:
      let arguments = try pop()
      try call(try pop(), arguments)
    case .newObjEx:
      let (keywords, arguments) = (try pop(), try pop())
      guard heap.dict(keywords)?.items.isEmpty == true else { throw refused("a call with named arguments") }
      try call(try pop(), arguments)
    case .inst:
      let module = try reader.textLine()
      let global = PickleValue.global(try find(module, try reader.textLine()))
      try call(global, heap.add(.tuple, try popMark()))
    case .obj:
      let items = try popMark()
      guard let first = items.first else { throw WeightsProblem("its pickle makes an object of no class") }
      try call(first, heap.add(.tuple, Array(items.dropFirst())))
    case .build:
      let state = try pop()
      try build(state)
    case .ext1: throw refused("the extension \(try reader.number(1))")
    case .ext2: throw refused("the extension \(try reader.number(2))")
    case .ext4: throw refused("the extension \(try reader.number(4))")
    case .persId: throw refused("the external object \(printable(try reader.textLine()))")
    case .binPersId: push(heap.add(.storage(try TorchStorage(id: try pop(), heap))))
    }
  }
}

// MARK: The stack

extension Unpickler {
  private mutating func push(_ value: PickleValue) {
    stack.append(value)
  }

  private func top() throws(WeightsProblem) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw Self.underflow }
    return value
  }

  private mutating func pop() throws(WeightsProblem) -> PickleValue {
    _ = try top()
    return stack.removeLast()
  }

  private mutating func pop(_ count: Int) throws(WeightsProblem) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw Self.underflow }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(WeightsProblem) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw Self.underflow }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private static var underflow: WeightsProblem { WeightsProblem("its pickle takes more values than it has put") }

  private mutating func index() throws(WeightsProblem) -> Int {
    guard case .integer(let index) = try reader.decimal() else {
      throw WeightsProblem("its pickle remembers a value under no index")
    }
    return index
  }

  private mutating func recall(_ index: Int) throws(WeightsProblem) {
    guard let value = memo[index] else {
      throw WeightsProblem("its pickle recalls value \(index), which it never kept")
    }
    push(value)
  }
}

// MARK: Containers

extension Unpickler {
  private mutating func extend(_ opcode: Opcode) throws(WeightsProblem) {
    let items = opcode == .append ? [try pop()] : try popMark()
    let target = try top()
    guard let object = heap[target] else { throw misused(opcode, target) }
    switch object.kind {
    case .list where opcode != .addItems, .set where opcode == .addItems: object.items += items
    case .inert: break
    default: throw misused(opcode, target)
    }
  }

  /// - Parameter items: keys and values in turn.
  private mutating func set(_ items: [PickleValue]) throws(WeightsProblem) {
    let target = try top()
    guard items.count.isMultiple(of: 2), let dict = heap.dict(target) else { throw misused(.setItems, target) }
    for index in stride(from: 0, to: items.count, by: 2) {
      steps += cost(ofKey: items[index])
      dict.set(items[index + 1], at: items[index])
    }
  }

  /// Long text, which a dict must read whole, counts as several instructions.
  private func cost(ofKey key: PickleValue) -> Int {
    switch key {
    case .string(let text): text.utf8.count / 16
    case .bytes(let bytes): bytes.count / 16
    default: 0
    }
  }

  private func build(_ state: PickleValue) throws(WeightsProblem) {
    let target = try top()
    switch heap[target]?.kind {
    case .dict?: heap[target]?.attributes = state
    case .inert?: break
    default: throw refused("a state for \(heap.description(target))")
    }
  }

  private func misused(_ opcode: Opcode, _ target: PickleValue) -> WeightsProblem {
    WeightsProblem("its pickle uses \(heap.description(target)) for \(opcode)")
  }
}

// MARK: Classes and functions

extension Unpickler {
  private func refused(_ what: String) -> WeightsProblem {
    WeightsProblem(
      "its pickle asks for \(what), which tensors do not need; none of it was run", remedy: TorchCheckpoint.remedy)
  }

  private func find(_ module: String, _ name: String) throws(WeightsProblem) -> PickleGlobal {
    if let global = PickleGlobal(module: module, name: name) { return global }
    if let known = PickleGlobal.refusal(module: module, name: name) {
      throw WeightsProblem("it holds \(known)", remedy: TorchCheckpoint.remedy)
    }
    throw refused(printable("\(module).\(name)"))
  }

  private mutating func stackGlobal() throws(WeightsProblem) {
    let names = try pop(2)
    guard case .string(let module) = names[0], case .string(let name) = names[1] else {
      throw refused("a class that is named by \(heap.description(names[0]))")
    }
    push(.global(try find(module, name)))
  }

  private mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws(WeightsProblem) {
    guard case .global(let global) = callee else { throw refused("a call of \(heap.description(callee))") }
    guard let items = heap.tuple(arguments) else {
      throw WeightsProblem("its pickle calls \(global.name) with \(heap.description(arguments))")
    }
    push(try made(global, items))
  }

  private mutating func made(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(WeightsProblem) -> PickleValue {
    switch global {
    case .inert(let name): return heap.add(.inert(name))
    case .defaultDict: return heap.add(.dict)
    case .orderedDict: return try orderedDict(arguments)
    case .size:
      guard arguments.count == 1, let items = heap[arguments[0]]?.items else { throw badCall(global, arguments) }
      return heap.add(.tuple, items)
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3:
      let tensor = try TorchTensor(global, arguments, heap)
      steps += tensor.shape.count
      return heap.add(.tensor(tensor))
    case .rebuildParameter:
      guard let first = arguments.first, heap.tensor(first) != nil else { throw badCall(global, arguments) }
      return first
    case .rebuildFromType:
      guard arguments.count == 4, case .global(let builder) = arguments[0], let inner = heap.tuple(arguments[2]),
        builder != .rebuildFromType
      else { throw badCall(global, arguments) }
      return try made(builder, inner)
    case .storage, .untypedStorage, .dtype: throw badCall(global, arguments)
    }
  }

  /// Python 2 gives an OrderedDict its items as a list of pairs. Each counts as an instruction, since one list can be
  /// given to many.
  private mutating func orderedDict(_ arguments: [PickleValue]) throws(WeightsProblem) -> PickleValue {
    let value = heap.add(.dict)
    guard let pairs = arguments.first else { return value }
    guard arguments.count == 1, let object = heap[pairs] else { throw badCall(.orderedDict, arguments) }
    steps += object.items.count
    for pair in object.items {
      guard let items = heap[pair]?.items, items.count == 2 else { throw badCall(.orderedDict, arguments) }
      steps += cost(ofKey: items[0])
      heap[value]?.set(items[1], at: items[0])
    }
    return value
  }

  private func badCall(_ global: PickleGlobal, _ arguments: [PickleValue]) -> WeightsProblem {
    let shown = arguments.prefix(4).map { heap.description($0) }.joined(separator: ", ")
    return WeightsProblem("its pickle calls \(global.name) with \(shown.isEmpty ? "nothing" : shown)")
  }
}
