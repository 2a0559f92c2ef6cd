import Foundation

/// A pickle of protocol 2, instruction by instruction, of those that `torch.load(weights_only=True)` takes.
struct PickleWriter {
  private var bytes: [UInt8] = [Opcode.proto.rawValue, 2]
  /// What was written before, by its name, and where it is kept.
  private var memo: [String: Int] = [:]

  /// The pickle, ended.
  func finished() -> Data { Data(bytes + [Opcode.stop.rawValue]) }

  mutating func integer(_ value: Int) {
    if let byte = UInt8(exactly: value) {
      op(.binInt1, [byte])
    } else if let number = Int32(exactly: value) {
      op(.binInt, withUnsafeBytes(of: number.littleEndian, Array.init))
    } else {
      op(.long1, [8] + withUnsafeBytes(of: Int64(value).littleEndian, Array.init))
    }
  }

  mutating func bool(_ value: Bool) { op(value ? .newTrue : .newFalse) }

  mutating func text(_ text: String) {
    let content = Array(text.utf8)
    op(.binUnicode, withUnsafeBytes(of: UInt32(content.count).littleEndian, Array.init) + content)
  }

  /// Text that comes up again and again.
  mutating func shared(_ text: String) { remembered("text \(text)") { $0.text(text) } }

  mutating func global(_ module: String, _ name: String) {
    remembered("global \(module).\(name)") { $0.op(.global, Array("\(module)\n\(name)\n".utf8)) }
  }

  mutating func tuple(_ items: (inout PickleWriter) -> Void) {
    op(.mark)
    items(&self)
    op(.tuple)
  }

  mutating func integers(_ values: [Int]) { tuple { for value in values { $0.integer(value) } } }

  /// - Parameter items: writes keys and values in turn.
  mutating func dict(_ items: (inout PickleWriter) -> Void) {
    op(.emptyDict)
    setItems(items)
  }

  /// - Parameter items: writes keys and values in turn.
  mutating func orderedDict(_ items: (inout PickleWriter) -> Void) {
    global("collections", "OrderedDict")
    op(.emptyTuple)
    call()
    setItems(items)
  }

  private mutating func setItems(_ items: (inout PickleWriter) -> Void) {
    op(.mark)
    items(&self)
    op(.setItems)
  }

  /// Calls the global below the tuple on top.
  mutating func call() { op(.reduce) }

  /// Makes the tuple on top a reference to a storage.
  mutating func persistent() { op(.binPersId) }

  /// Gives the object below the dict on top its attributes.
  mutating func build() { op(.build) }

  private mutating func op(_ opcode: Opcode, _ operand: [UInt8] = []) {
    bytes.append(opcode.rawValue)
    bytes += operand
  }

  private mutating func remembered(_ key: String, _ write: (inout PickleWriter) -> Void) {
    if let place = memo[key] {
      op(.binGet, [UInt8(place)])
    } else {
      write(&self)
      op(.binPut, [UInt8(memo.count)])
      memo[key] = memo.count
    }
  }
}
