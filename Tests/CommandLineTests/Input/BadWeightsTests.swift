import Foundation
import Testing

extension Command {
  @Suite struct BadWeights {
    let sandbox = try! Sandbox()

    @Test func wantsAFile() async throws {
      for (path, status, part) in [
        ("absent.safetensors", Int32(66), "no such file"), ("home", 66, "expected a file, found a folder"),
        ("home/absent/x", 66, "no such file"), ("/dev/null", 74, "/dev/null"),
      ] {
        let parts = [path, part]
        expectFailure(try await sandbox.run(["evaluate", "--weights", path] + tinyData), status, saying: parts)
        expectFailure(try await sandbox.run(tinyRun + ["--output", "run", "--init", path]), status, saying: parts)
      }
      expectFailure(try await sandbox.run(["evaluate", "--weights", ""] + tinyData), 64, saying: ["--weights"])
      #expect(sandbox.names(in: "run") == nil)
    }

    /// Whatever reads weights says of a folder without any that input is missing.
    @Test(arguments: [
      ["predict", "x.png", "--weights", "home"], ["evaluate", "--weights", "home"] + tinyData,
      ["summary", "--weights", "home"], ["export", "--output", "x.onnx", "--weights", "home"],
      ["convert", "home", "x.pth"], tinyRun + ["--output", "run", "--weights", "home"],
      ["lr-find", "--weights", "home"] + tinyData, ["tabular", "predict", "home", "t.csv"],
    ])
    func anEmptyFolderIsMissingInput(_ command: [String]) async throws {
      try sandbox.write(Data("a\n1\n".utf8), to: "t.csv")
      expectFailure(try await sandbox.run(command), 66, saying: ["home: expected"])
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func wantsASoundFile() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "good"]))
      let good = try Data(contentsOf: sandbox.url("good/model.safetensors"))
      for (index, test) in try Self.cases(good).enumerated() {
        let name = "weights \(index).safetensors"
        try test.content.write(to: sandbox.url(name))
        let parts = [name] + test.parts
        expectFailure(try await sandbox.run(["evaluate", "--weights", name] + tinyData), 65, saying: parts)
        expectFailure(try await sandbox.run(tinyRun + ["--output", "run", "--init", name]), 65, saying: parts)
      }
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func countersAreOptional() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "good"]))
      // Integers come first in the file, so that without their bytes all offsets move.
      var file = try WeightsFile(Data(contentsOf: sandbox.url("good/model.safetensors")))
      let counters = file.header.keys.filter { $0.hasSuffix("num_batches_tracked") }
      #expect(counters.count == 21)
      for name in counters { file.header[name] = nil }
      try file.removeFirst(8 * counters.count)
      try file.serialized().write(to: sandbox.url("bare.safetensors"))
      expectSuccess(try await sandbox.run(["evaluate", "--weights", "bare.safetensors"] + tinyData))
    }

    @Test func refusesALossThatIsNotFinite() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "good"]))
      var file = try WeightsFile(Data(contentsOf: sandbox.url("good/model.safetensors")))
      for name in ["12.weight", "8.weight"] { try file.fill(name, with: 3e38) }
      try file.serialized().write(to: sandbox.url("huge.safetensors"))
      expectFailure(
        try await sandbox.run(["evaluate", "--quiet", "--weights", "huge.safetensors"] + tinyData), 65,
        saying: ["huge.safetensors", "not finite"])
    }

    struct Case {
      let content: Data
      let parts: [String]

      init(_ content: Data, _ parts: String...) {
        (self.content, self.parts) = (content, parts)
      }
    }

    static func cases(_ good: Data) throws -> [Case] {
      func edited(_ change: (inout WeightsFile) throws -> Void) throws -> Data {
        var file = try WeightsFile(good)
        try change(&file)
        return try file.serialized()
      }
      func header(size: UInt64, _ text: String = "") -> Data {
        withUnsafeBytes(of: size.littleEndian) { Data($0) } + Data(text.utf8)
      }
      var noise = RandomBytes(state: 7)
      return [
        Case(Data((0..<4096).map { _ in noise.next() }), "probably neither a safetensors file nor"),
        Case(Data(), "expected at least 8 bytes", "found 0"),
        Case(good.dropLast(1000), "bytes of data are there", "save or download"),
        Case(good.prefix(100), "expected a header of"),
        Case(good + Data([0]), "bytes of data are there"),
        Case(header(size: .max, "{}"), "found a size of 18446744073709551615"),
        Case(header(size: 1 << 20, "{}"), "expected a header of 1048576 bytes"),
        Case(header(size: 2, "[]"), "not a JSON object"),
        Case(header(size: 10, "{\"a\":{\"b\":"), "not valid at byte"),
        Case(header(size: 2, "{}"), "missing", "do not fit the network"),
        Case(
          try edited { $0.header["0.1.weight"]!["data_offsets"] = $0.header["0.0.bias"]!["data_offsets"] },
          "inside the tensor"),
        Case(try edited { $0.header["12.bias"]!["data_offsets"] = [0, 1 << 60] }, "12.bias", "needs 40 bytes"),
        Case(try edited { $0.header["12.bias"]!["dtype"] = "F4" }, "12.bias", "dtype F4"),
        Case(try edited { $0.header["12.bias"]!["shape"] = [1 << 40, 1 << 40] }, "12.bias", "too large"),
        Case(try edited { $0.rename("12.bias", to: "12.extra") }, "missing 1 (12.bias)", "unexpected 1 (12.extra)"),
        Case(try edited { $0.append("13.bias", count: 3) }, "unexpected 1 (13.bias)"),
        Case(
          try edited { $0.header["12.weight"]!["shape"] = [248, 10] }, "12.weight: expected [10, 248], found [248, 10]"),
        Case(try edited { $0.header["12.bias"]!["dtype"] = "I32" }, "12.bias", "found integers"),
        Case(try edited { try $0.fill("12.bias", with: .nan) }, "12.bias", "expected finite numbers"),
        Case(try edited { try $0.fill("0.1.running_var", with: .infinity) }, "0.1.running_var", "holds inf"),
      ]
    }
  }
}

/// The same bytes every time.
private struct RandomBytes {
  var state: UInt64

  mutating func next() -> UInt8 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

/// A safetensors file to be spoilt.
private struct WeightsFile {
  var header: [String: [String: Any]]
  private var body: Data

  init(_ data: Data) throws {
    let size = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let json = String(decoding: data[8..<(8 + size)], as: UTF8.self)
    header = try object(json).compactMapValues { $0 as? [String: Any] }
    header["__metadata__"] = nil
    body = Data(data[(8 + size)...])
  }

  mutating func rename(_ name: String, to other: String) {
    header[other] = header.removeValue(forKey: name)
  }

  mutating func append(_ name: String, count: Int) {
    header[name] = ["dtype": "F32", "shape": [count], "data_offsets": [body.count, body.count + 4 * count]]
    body += Data(count: 4 * count)
  }

  mutating func fill(_ name: String, with value: Float) throws {
    let offsets = try #require(header[name]?["data_offsets"] as? [Int])
    let bytes = withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) }
    for start in stride(from: offsets[0], to: offsets[1], by: 4) {
      body.replaceSubrange(start..<start + 4, with: bytes)
    }
  }

  /// Takes bytes that no tensor needs any more off the front.
  mutating func removeFirst(_ count: Int) throws {
    body.removeFirst(count)
    for name in header.keys {
      let offsets = try #require(header[name]?["data_offsets"] as? [Int])
      header[name]?["data_offsets"] = offsets.map { $0 - count }
    }
    body = Data(body)
  }

  func serialized() throws -> Data {
    let json = try JSONSerialization.data(withJSONObject: header)
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + body
  }
}
