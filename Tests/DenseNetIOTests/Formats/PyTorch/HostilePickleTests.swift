import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

private struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let pickle: Pickle
  /// A part of the message.
  let says: String
  var testDescription: String { name }

  init(_ name: String, _ pickle: Pickle, _ says: String) {
    (self.name, self.pickle, self.says) = (name, pickle, says)
  }
}

private let start = Pickle()

private let code: [Case] = [
  Case("GLOBAL and REDUCE", start + "cos\nsystem\n(S'true'\ntR.", "asks for os.system"),
  Case("GLOBAL alone", start + "cposix\nsystem\n.", "asks for posix.system"),
  Case("STACK_GLOBAL", start.text("os").text("system") + [0x93] + ".", "asks for os.system"),
  Case("STACK_GLOBAL of memoised text", start.text("nt") + "q\u{0}0" + "h\u{0}" + "S'system'\n" + [0x93], "nt.system"),
  Case("STACK_GLOBAL of numbers", start.number(1).number(2) + [0x93] + ".", "a class that is named by the number 1"),
  Case("INST", start + "(S'true'\nios\nsystem\n.", "asks for os.system"),
  Case("OBJ", start + "(cos\nsystem\nS'true'\no.", "asks for os.system"),
  Case("OBJ of text", start + "(S'os.system'\no.", "a call of the string os.system"),
  Case("OBJ of nothing", start + "(o.", "makes an object of no class"),
  Case("NEWOBJ", start + "csubprocess\nPopen\n(S'x'\nt" + [0x81] + ".", "asks for subprocess.Popen"),
  Case(
    "NEWOBJ_EX", start + "ccollections\nOrderedDict\n)}S'a'\nNs" + [0x92] + ".", "a call with named arguments"),
  Case("eval", start + "cbuiltins\neval\n(S'1'\ntR.", "asks for builtins.eval"),
  Case("exec of Python 2", start + "c__builtin__\nexec\n.", "asks for __builtin__.exec"),
  Case("getattr", start + "cbuiltins\ngetattr\n.", "asks for builtins.getattr"),
  Case("an attribute of what is permitted", start + "ccollections\nOrderedDict.__init__\n.", "OrderedDict.__init__"),
  Case("a module of what is permitted", start + "ctorch._utils\nos\n.", "asks for torch._utils.os"),
  Case("loading within", start + "ctorch.storage\n_load_from_bytes\n.", "torch.storage._load_from_bytes"),
  Case("any function of torch", start + "ctorch\nload\n.", "asks for torch.load"),
  Case("a dtype that is called", start + "ctorch\nfloat32\n(S'x'\ntR.", "calls the dtype F32 with the string x"),
  Case("a storage class that is called", start + "ctorch\nFloatStorage\n)R.", "calls a storage class with nothing"),
  Case("REDUCE of text", start.text("os.system") + ")R.", "a call of the string os.system"),
  Case("REDUCE of what was made", start + "cargparse\nNamespace\n)R)R.", "a call of a value of argparse.Namespace"),
  Case("REDUCE without a tuple", start + "ccollections\nOrderedDict\nNR.", "calls collections.OrderedDict with None"),
  Case("builder of a builder", rebuilt("ctorch._tensor\n_rebuild_from_type_v2\n"), "_rebuild_from_type_v2 with"),
  Case("builder that is refused", rebuilt("cos\nsystem\n"), "asks for os.system"),
  Case("BUILD of a tuple", start + ")}b.", "a state for a tuple of 0"),
  Case("BUILD of a tensor", .dict { $0.tensor([4], strides: [1]) + "}b" }, "a state for a single tensor"),
  Case("EXT1", start + [0x82, 7], "the extension 7"),
  Case("EXT2", start + [0x83, 7, 1], "the extension 263"),
  Case("EXT4", start + [0x84, 7, 0, 0, 1], "the extension 16777223"),
  Case("PERSID", start + "Pos.system\n.", "the external object os.system"),
  Case("BINPERSID of text", start + "S'x'\nQ.", "refers to the string x outside of it"),
  Case("BINPERSID of a module", start + "(S'module'\nNNNNtQ.", "refers to a module outside of it"),
  Case("BINPERSID within BINPERSID", (start + "(").storage("0", count: 1) + "NNNNtQ.", "a tuple of 5 outside of it"),
  Case("buffers outside", start + [0x97], "buffers from outside the file"),
  Case(
    "name over many lines", start.text("os\u{1b}[2J\nx").text("sys\r\ntem") + [0x93],
    "asks for os\\u{1b}[2J\\nx.sys\\r\\ntem"),
]

private func rebuilt(_ builder: String) -> Pickle {
  start + "ctorch._tensor\n_rebuild_from_type_v2\n(\(builder)N)NtR."
}

private let broken: [Case] = [
  Case("nothing", Pickle(bytes: []), "its pickle ends after 0 bytes"),
  Case("no STOP", start + "}", "its pickle ends after 3 bytes"),
  Case("unknown instruction", start + [0xff], "the unknown instruction 255 at byte 2"),
  Case("protocol 6", Pickle(bytes: [0x80, 6]), "of protocol 6"),
  Case("STOP of nothing", start + ".", "takes more values than it has put"),
  Case("values below the mark", start + "N(0.", "expected a dict of tensors, found None"),
  Case("REDUCE below the mark", start + "NN(R.", "takes more values"),
  Case("TUPLE without a mark", start + "Nt.", "takes more values"),
  Case("TUPLE3 of two", start + "NN" + [0x87], "takes more values"),
  Case("memo of nothing", start + "q\u{1}", "takes more values"),
  Case("memo without that", start + "h\u{5}", "recalls value 5"),
  Case("memo by text", start + "gx\n", "has x where a whole number belongs"),
  Case("memo by truth", start + "g00\n", "under no index"),
  Case("text of 4 GiB", start + "X" + [0xff, 0xff, 0xff, 0xff], "in a value of 4294967295"),
  Case("text of 2^64", start + [0x8d] + [UInt8](repeating: 0xff, count: 8), "in a value of 18446744073709551615"),
  Case("long of 4 GiB", start + [0x8b, 0xff, 0xff, 0xff, 0xff], "in a value of 4294967295"),
  Case("line without end", start + "I12", "in a line"),
  Case("number of letters", start + "Iabc\n", "has abc where a whole number belongs"),
  Case("real of letters", start + "F1.2.3\n", "has 1.2.3 where a number belongs"),
  Case("string without quotes", start + "Sabc\n", "a string without quotes"),
  Case("APPEND to a dict", start + "}Na.", "uses an empty dict for append"),
  Case("SETITEM of a list", start + "]NNs.", "uses a list of 0 for setItem"),
  Case("SETITEMS of three", start + "}(NNNu.", "for setItem"),
  Case("ADDITEMS to a list", start + "](N" + [0x90], "uses a list of 0 for addItems"),
  Case("OrderedDict of numbers", start + "ccollections\nOrderedDict\n(]I1\natR.", "calls collections.OrderedDict"),
  Case(
    "dict in itself", start + "}q\u{0}S'state_dict'\nh\u{0}s.", "expected a dict of tensors, found a dict of state_dict"
  ),
  Case("dict without tensors", start + "}S'epoch'\nNs.", "found a dict of epoch"),
  Case("tensor alone", start.tensor([4], strides: [1]) + ".", "found a single tensor"),
]

private func tensor(_ shape: [Int], _ strides: [Int], offset: Int = 0, storage: @escaping (Pickle) -> Pickle) -> Pickle
{
  .dict { $0.tensor(offset: offset, shape, strides: strides, storage) }
}

private func tensor(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> Pickle {
  tensor(shape, strides, offset: offset) { $0.storage("0", count: 4) }
}

private let tensors: [Case] = [
  Case("beyond the storage", tensor([5], [1]), "reaches element 4 of storage 0, which has 4"),
  Case("offset beyond", tensor([1], [1], offset: 4), "reaches element 4"),
  Case("offset negative", tensor([1], [1], offset: -1), "the offset -1"),
  Case("stride beyond", tensor([2, 2], [3, 1]), "reaches element 4"),
  Case("stride of 2^62", tensor([3], [1 << 62]), "strides [4611686018427387904], which are too large"),
  Case("strides that overflow together", tensor([2, 2], [Int.max, Int.max]), "which are too large"),
  Case("stride negative", tensor([2], [-1], offset: 2), "not built from storage"),
  Case("shape negative", tensor([-2], [1]), "not built from storage"),
  Case("shape of 2^62", tensor([1 << 62], [0]), "the shape [4611686018427387904], which is too large"),
  Case("shape overflows", tensor([1 << 32, 1 << 32], [0, 0]), "which is too large"),
  Case("shape empty but huge", tensor([0, 1 << 60], [1, 1]), "which is too large"),
  Case("fewer strides", tensor([2, 2], [1]), "the strides [1]"),
  Case("rank 65", tensor(Array(repeating: 1, count: 65), Array(repeating: 1, count: 65)), "not built from storage"),
  Case("repeated 2^40 times", tensor([1 << 40], [0]), "repeat"),
  Case("repeated by many", repeated, "elements, which is too many"),
  Case("storage not there", tensor([4], [1]) { $0.storage("7", count: 4) }, "no elements of storage 7 (data/7)"),
  Case("storage above", tensor([4], [1]) { $0.storage("../data.pkl", count: 4) }, "no elements of storage ../data.pkl"),
  Case("storage too short", tensor([4], [1]) { $0.storage("0", count: 5) }, "has 16 bytes, expected 20"),
  Case("storage of 2^60", tensor([4], [1]) { $0.storage("0", count: 1 << 60) }, "a storage has the key"),
  Case("storage of -1", tensor([0], [1]) { $0.storage("0", count: -1) }, "a storage has the key"),
  Case(
    "storage of no class", tensor([0], [1]) { $0.storage("0", count: 1, type: "float32") }, "expected a storage class"),
  Case("view beyond", tensor([1], [1]) { $0.storage("0", count: 4, view: (2, 3)) }, "lies outside of its 4 elements"),
  Case("view negative", tensor([1], [1]) { $0.storage("0", count: 4, view: (-1, 2)) }, "lies outside"),
  Case("tensor beyond its view", tensor([2], [1]) { $0.storage("0", count: 4, view: (3, 1)) }, "which has 1"),
  Case("storage of two types", twoTypes, "storage 0 is declared in two ways"),
  Case("text for a storage", tensor([1], [1]) { $0.text("0") }, "not built from storage"),
  Case("complex", tensor([1], [1]) { $0.storage("0", count: 1, type: "ComplexFloatStorage") }, "complex numbers"),
  Case("quantised", tensor([1], [1]) { $0.storage("0", count: 1, type: "QInt8Storage") }, "quantised"),
  Case("untyped", tensor([1], [1]) { $0.storage("0", count: 16, type: "UntypedStorage") }, "a tensor is of no dtype"),
]

private var repeated: Pickle {
  let one = (Pickle() + "}").text("0").tensor([4500], strides: [0]) + "q\u{0}s"
  return (1..<1000).reduce(one) { $0.text("\($1)") + "h\u{0}s" } + "."
}

private var twoTypes: Pickle {
  let first = (Pickle() + "}").text("a").tensor([1], strides: [1]) { $0.storage("0", count: 1) }
  return (first + "s").text("b").tensor([1], strides: [1]) { $0.storage("0", count: 2, type: "LongStorage") } + "s."
}

@Suite struct HostilePickleTests {
  private func check(_ test: Case, in file: Data) throws {
    let thrown = failure { _ = try WeightsFile(data: file, source: "w.pth") }
    #expect(thrown?.kind == .invalidData)
    let message = try #require(thrown?.description)
    #expect(message.hasPrefix("w.pth: ") && message.contains(test.says), "\(message)")
    #expect(!message.contains { $0.isNewline } && message.count < 500)
  }

  @Test(arguments: code) private func codeIsRefusedByName(test: Case) throws {
    try check(test, in: try archive(test.pickle))
    try check(test, in: legacy(test.pickle))
  }

  @Test(arguments: broken) private func brokenPicklesAreRefused(test: Case) throws {
    try check(test, in: try archive(test.pickle))
  }

  @Test(arguments: tensors) private func unsoundTensorsAreRefused(test: Case) throws {
    try check(test, in: try archive(test.pickle))
  }

  @Test func anEmptyTensorIsAtNoPlace() throws {
    let pickle = tensor([2, 0], [Int.max, Int.max], offset: Int.max)
    #expect(try WeightsFile(data: archive(pickle), source: "x")["a"]?.shape == [2, 0])
  }

  @Test func depthCostsNothing() throws {
    for bomb in [
      start.repeated(900_000, "]") + ".", start.repeated(900_000, "("),
      start.repeated(900_000, ")") + [UInt8](repeating: 0x85, count: 900_000),
      start.repeated(400_000, "]q\u{0}h\u{0}a") + ".", start.repeated(3_000_000, "N0"),
    ] {
      let thrown = failure { _ = try WeightsFile(data: try archive(bomb), source: "w.pth") }
      #expect(thrown?.kind == .invalidData)
    }
  }

  @Test func referencesThatDoubleCostNothing() throws {
    // Each list holds the one before ten times.
    var bomb = start + "]q\u{0}"
    for level in 1..<200 {
      bomb = bomb + "(" + String(repeating: "h" + "\u{0}", count: 10) + "l" + [0x71, 0] + (level < 199 ? "" : ".")
    }
    let thrown = failure { _ = try WeightsFile(data: try archive(bomb), source: "w.pth") }
    #expect(thrown?.description.contains("found a list of 10") == true)

    // One long key, looked up again and again.
    let key = (start + "}").text(String(repeating: "x", count: 1 << 23)) + "q\u{0}N"
    let lookups = (key + "s").repeated(500_000, "h\u{0}Ns") + "."
    let slow = failure { _ = try WeightsFile(data: try archive(lookups), source: "w.pth") }
    #expect(slow?.description.contains("more than 2000000 instructions") == true)

    // One long list, for many dicts.
    let list = start.repeated(1, "](").repeated(100_000, "(NNl") + "e" + [0x71, 0]
    let dicts = list.repeated(100_000, "0ccollections\nOrderedDict\n(h\u{0}tR") + "."
    let refused = failure { _ = try WeightsFile(data: try archive(dicts), source: "w.pth") }
    #expect(refused?.description.contains("more than 2000000 instructions") == true)
  }
}
