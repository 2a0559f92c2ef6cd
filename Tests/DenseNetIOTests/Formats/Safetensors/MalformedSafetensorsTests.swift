import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// A tensor entry of a header.
private func entry(_ shape: String = "[2]", _ offsets: String = "[0,8]", dtype: String = "\"F32\"") -> String {
  "{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
}

private struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var data: Data
  /// A part of the message.
  var says: String
  var testDescription: String { name }

  init(_ name: String, _ data: Data, _ says: String) {
    (self.name, self.data, self.says) = (name, data, says)
  }

  init(_ name: String, header: String, data: Int = 8, _ says: String) {
    self.init(name, safetensors(header, data: data), says)
  }
}

private func size(_ bytes: UInt64) -> Data {
  withUnsafeBytes(of: bytes.littleEndian) { Data($0) }
}

private let cases: [Case] = [
  Case("empty", Data(), "expected at least 8 bytes of safetensors, found 0"),
  Case("seven bytes", Data(count: 7), "found 7"),
  Case(
    "noise", Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 31) }),
    "probably neither a safetensors file nor"),
  Case(
    "header beyond the file", size(100) + Data("{}".utf8), "expected a header of 100 bytes, but the file ends after 2"),
  Case("header of 101 MB", size(101_000_000) + Data(count: 50), "at most 100000000 bytes, found a size of 101000000"),
  Case("header of 2^64-1", size(.max) + Data(count: 50), "found a size of 18446744073709551615"),
  Case("header of 2^63", size(1 << 63) + Data(count: 50), "found a size of 9223372036854775808"),
  Case("header of nothing", size(0), "not a JSON object"),
  Case("not an object", header: "[1]", "not a JSON object"),
  Case("leading space", header: " {}", data: 0, "not a JSON object"),
  Case("not UTF-8", safetensors([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a]), "a string is not UTF-8"),
  Case("unfinished", header: "{\"a\":", "found the end"),
  Case("unfinished string", header: "{\"a", "ends inside a string"),
  Case("unfinished escape", header: "{\"a\\", "ends inside a string"),
  Case("unfinished unicode escape", header: "{\"\\u12", "ends inside a string"),
  Case("unknown escape", header: "{\"\\x\":1}", "unknown escape"),
  Case("bad unicode escape", header: "{\"\\u12g4\":1}", "unknown escape"),
  Case("half a surrogate pair", header: "{\"\\ud800x\":1}", "half of a surrogate pair"),
  Case("two high surrogates", header: "{\"\\ud800\\ud800\":1}", "half of a surrogate pair"),
  Case("control character", header: "{\"a\nb\":1}", "control character"),
  Case("text after the object", header: "{}{}", data: 0, "text follows"),
  Case("zero padding", safetensors(Array("{}".utf8) + [0, 0, 0, 0, 0, 0]), "text follows"),
  Case("trailing comma", header: "{\"a\":\(entry()),}", "expected \""),
  Case("single quotes", header: "{'a':1}", "expected \", found '"),
  Case("names twice", header: "{\"a\":\(entry()),\"a\":\(entry())}", "the name a appears twice"),
  Case("names twice by escape", header: "{\"a\":\(entry()),\"\\u0061\":\(entry())}", "the name a appears twice"),
  Case("metadata twice", header: "{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ appears twice"),
  Case("metadata key twice", header: "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "metadata key k appears twice"),
  Case("metadata number", header: "{\"__metadata__\":{\"k\":1}}", "expected \", found 1"),
  Case("metadata null", header: "{\"__metadata__\":null}", "expected {, found n"),
  Case("metadata nested", header: "{\"__metadata__\":{\"k\":{}}}", "expected \", found {"),
  Case("tensor is a number", header: "{\"a\":1}", "expected {, found 1"),
  Case("no dtype", header: "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "tensor a has no dtype"),
  Case("no shape", header: "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "tensor a has no shape"),
  Case("no offsets", header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "tensor a has no two data_offsets"),
  Case("one offset", header: "{\"a\":\(entry("[2]", "[0]"))}", "tensor a has no two data_offsets"),
  Case("three offsets", header: "{\"a\":\(entry("[2]", "[0,8,9]"))}", "data_offsets of tensor a has more than 2"),
  Case(
    "field twice", header: "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
    "tensor a has dtype twice"),
  Case("unknown dtype", header: "{\"a\":\(entry(dtype: "\"F8_E4M3\""))}", "dtype F8_E4M3, which is not one of BOOL"),
  Case("dtype number", header: "{\"a\":\(entry(dtype: "32"))}", "expected \", found 3"),
  Case("negative shape", header: "{\"a\":\(entry("[-2]"))}", "expected a whole number from 0, found -2"),
  Case("fractional shape", header: "{\"a\":\(entry("[2.0]"))}", "expected a whole number from 0, found 2.0"),
  Case("exponential shape", header: "{\"a\":\(entry("[2e0]"))}", "expected a whole number from 0, found 2e0"),
  Case("leading zero", header: "{\"a\":\(entry("[02]"))}", "expected a number, found 02"),
  Case("NaN shape", header: "{\"a\":\(entry("[NaN]"))}", "expected a number, found N"),
  Case("string shape", header: "{\"a\":\(entry("\"2\""))}", "expected [, found \""),
  Case("shape of 2^63", header: "{\"a\":\(entry("[9223372036854775808]"))}", "number 9223372036854775808 is too large"),
  Case("shape of 10^30", header: "{\"a\":\(entry("[1" + String(repeating: "0", count: 30) + "]"))}", "is too large"),
  Case("shape overflows", header: "{\"a\":\(entry("[4294967296,4294967296]"))}", "which is too large"),
  Case("shape overflows to 8", header: "{\"a\":\(entry("[4611686018427387906]"))}", "which is too large"),
  Case("empty but huge", header: "{\"a\":\(entry("[0,4294967296,4294967296,1]", "[0,0]"))}", "which is too large"),
  Case(
    "rank 65", header: "{\"a\":\(entry("[" + String(repeating: "1,", count: 64) + "1]", "[0,4]"))}",
    "more than 64 numbers"),
  Case("negative offset", header: "{\"a\":\(entry("[2]", "[-8,0]"))}", "expected a whole number from 0, found -8"),
  Case("begin after end", header: "{\"a\":\(entry("[2]", "[8,0]"))}", "begins at 8, after its end at 0"),
  Case("offsets overflow", header: "{\"a\":\(entry("[2]", "[9223372036854775800,9223372036854775807]"))}", "span 7"),
  Case(
    "size does not match", header: "{\"a\":\(entry("[3]"))}", "F32 [3], needs 12 bytes, but its data_offsets span 8"),
  Case("not from 0", header: "{\"a\":\(entry("[1]", "[4,8]"))}", "leaves a gap after 0"),
  Case(
    "hole", header: "{\"a\":\(entry("[1]", "[0,4]")),\"b\":\(entry("[1]", "[8,12]"))}", data: 12,
    "tensor b begins at 8, which leaves a gap after 4"),
  Case(
    "overlap", header: "{\"a\":\(entry("[2]", "[0,8]")),\"b\":\(entry("[2]", "[4,12]"))}", data: 12,
    "tensor b begins at 4, inside the tensor that ends at 8"),
  Case(
    "same place", header: "{\"a\":\(entry()),\"b\":\(entry())}",
    "tensor b begins at 0, inside the tensor that ends at 8"),
  Case("data too short", header: "{\"a\":\(entry())}", data: 7, "tensor a ends at 8, but only 7 bytes of data"),
  Case("data too long", header: "{\"a\":\(entry())}", data: 9, "its tensors end at 8, but 9 bytes of data"),
  Case("data without tensors", header: "{}", data: 1, "its tensors end at 0, but 1 bytes of data"),
  Case(
    "nesting bomb", header: "{\"a\":{\"x\":" + String(repeating: "[", count: 1_000_000), "nested deeper than 32"),
  Case(
    "object bomb", header: "{\"a\":{\"x\":" + String(repeating: "{\"x\":", count: 300_000), "nested deeper than 32"),
  Case("name with line feeds", header: "{\"a\\nb\\u001b[31m\":1}", "expected {, found 1"),
  Case(
    "name with line feeds, shown", header: "{\"a\\nb\\u001b[31m\":\(entry(dtype: "\"X\\n\""))}",
    #"tensor a\nb\u{1b}[31m has the dtype X\n,"#),
]

@Suite struct MalformedSafetensorsTests {
  @Test(arguments: cases)
  private func isRefusedInOneLine(malformed: Case) throws {
    let thrown = failure { _ = try WeightsFile(data: malformed.data, source: "w.safetensors") }
    let message = try #require(thrown?.description)
    #expect(thrown?.kind == .invalidData)
    #expect(message.hasPrefix("w.safetensors: "))
    #expect(message.contains(malformed.says), "\(message)")
    #expect(message.hasSuffix("; save or download the file again"))
    #expect(!message.contains { $0.isNewline } && message.count < 500)
  }

  @Test func anUnsignedIntegerBeyondInt64IsRefused() {
    let file = safetensors("{\"a\":\(entry("[1]", dtype: "\"U64\""))}", data: 8)
    var data = file
    data[data.endIndex - 1] = 0x80
    #expect(failure { _ = try WeightsFile(data: file, source: "x") } == nil)
    #expect(failure { _ = try WeightsFile(data: data, source: "x") }?.description.contains("63 bits") == true)
  }

  @Test func anEmptyTensorOfAnyRankIsFine() throws {
    let file = try WeightsFile(
      data: safetensors("{\"a\":\(entry("[1048576,1048576,0,1]", "[0,0]"))}"), source: "x")
    #expect(file["a"]?.shape == [1_048_576, 1_048_576, 0, 1])
    #expect(Safetensors.encoded(file).count < 100)
  }

  /// Every mutation either parses or is refused with a message; nothing traps, hangs or grows.
  @Test(arguments: ["state", "state-metadata", "types"])
  func mutatedFilesNeverCrash(name: String) throws {
    let original = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("\(name).safetensors")))
    let headerEnd = 8 + Int(original[0]) + Int(original[1]) << 8
    let syntax = Array("{}[]\",:0123456789-.eE\\u \u{0}\u{ff}".utf8)
    var random = SplitMix(state: 0xd15e_a5e0 + UInt64(name.utf8.count))
    var (parsed, refused) = (0, 0)
    for _ in 0..<34_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let header = min(headerEnd, bytes.count)
        let end = Int.random(in: 0..<10, using: &random) < 8 ? header : bytes.count
        guard end > 0 else { break }
        let position = Int.random(in: 0..<end, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[position] = .random(in: 0 ... .max, using: &random)
        case 2: bytes[position] = syntax.randomElement(using: &random)!
        case 3: bytes.remove(at: position)
        case 4: bytes.insert(syntax.randomElement(using: &random)!, at: position)
        case 5: bytes.removeSubrange(position...)
        case 6:
          let length = min(Int.random(in: 1...40, using: &random), bytes.count - position)
          bytes.insert(contentsOf: bytes[position..<position + length], at: Int.random(in: 0...end, using: &random))
        default:
          bytes[Int.random(in: 0..<min(8, bytes.count), using: &random)] = .random(in: 0 ... .max, using: &random)
        }
        // Most mutations should reach the parser, so the header's size follows the header half of the time.
        if bytes.count >= 8, Bool.random(using: &random) {
          let size = max(0, headerEnd - 8 + bytes.count - original.count)
          withUnsafeBytes(of: UInt64(size).littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
        }
      }
      do {
        let file = try WeightsFile(data: Data(bytes), source: "mutant")
        #expect(Safetensors.encoded(file).count >= 16)
        parsed += 1
      } catch {
        #expect(error.kind == .invalidData && !error.description.contains { $0.isNewline })
        refused += 1
      }
    }
    #expect(parsed > 100 && refused > 1000, "\(parsed) parsed, \(refused) refused")
  }
}
