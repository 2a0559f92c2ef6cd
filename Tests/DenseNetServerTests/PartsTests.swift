#if Serve
  import DenseNetIO
  import Foundation
  import Testing

  @testable import DenseNetServer

  @Suite struct Parts {
    /// Foundation's own parser is the reference.
    @Test(arguments: [
      "0", "-0", "1", "-1.5", "0.1", "3.4028235e38", "1e-45", "123456789012345678901234567890", "0.000001", "1e22",
      "1e23",
      "9007199254740993", "2.2250738585072014e-308", "1E5", "1e+5", "-1.7976931348623157e308", "0.30000001192092896",
    ])
    func numbersAreTheNearest(_ text: String) throws {
      var scanner = JSONScanner(Array(" \(text) ".utf8))
      let expected = try #require(Double(text))
      let value = try scanner.double()
      #expect(value == expected && value.sign == expected.sign)
      try scanner.end()
    }

    @Test(arguments: ["", "+1", ".5", "1.", "01", "1e", "--1", "NaN", "Infinity", "0x1"])
    func noNumbers(_ text: String) {
      #expect(throws: (any Error).self) {
        var scanner = JSONScanner(Array(text.utf8))
        _ = try scanner.double()
        try scanner.end()
      }
    }

    @Test func everyTextComesBackFromJSON() throws {
      let texts = (0..<0x300).compactMap { Unicode.Scalar($0).map { "a\($0)b" } } + ["\u{1F600}\"\\"]
      let parsed = try JSONDecoder().decode([String].self, from: Data(JSON.strings(texts).bytes))
      #expect(parsed == texts)
      let floats: [Float] = [0.1, -1e-30, 3.4e38, 1 / 3, .leastNonzeroMagnitude]
      #expect(try JSONDecoder().decode([Float].self, from: Data(JSON.floats(floats).bytes)) == floats)
    }

    /// Packed by Python's gzip and zlib, and damaged.
    @Test(arguments: [
      (ContentCoding.gzip, "H4sIAAAAAAACA8tIzcnJVyjPL8pJ4QIALTsIrwwAAAA="),
      (ContentCoding.deflate, "eJzLSM3JyVcozy/KSeECAB5yBGc="),
    ])
    func damagedCodings(_ coding: ContentCoding, _ text: String) throws {
      let bytes = Array("hello world\n".utf8)
      #expect(try coding.unpacked(Array(try #require(Data(base64Encoded: text))), limit: 100) == bytes)
      let packed = try #require(coding.packed(bytes))
      #expect(try coding.unpacked(packed, limit: 12) == bytes)
      #expect(throws: ServiceError.self) { try coding.unpacked(packed, limit: 11) }
      for cut in 0..<packed.count {
        #expect(throws: ServiceError.self) { try coding.unpacked(Array(packed[..<cut]), limit: 100) }
      }
      #expect(throws: ServiceError.self) { try coding.unpacked(packed + [0], limit: 100) }
    }

    @Test(arguments: [
      ("gzip", "gzip"), ("deflate", "deflate"), ("gzip, deflate, br", "gzip"), ("deflate;q=1.0, gzip;q=0.5", "deflate"),
      ("br", nil), ("gzip;q=0", nil), ("identity", nil), ("GZIP", "gzip"), ("gzip;q=0, deflate", "deflate"),
    ])
    func acceptedCodings(_ header: String, _ coding: String?) {
      #expect(ContentCoding(accepted: header)?.rawValue == coding)
    }

    @Test(arguments: [
      ("127.0.0.1", "localhost:8080", true), ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "[::1]:8080", true),
      ("127.0.0.1", "evil.example", false), ("127.0.0.1", "10.0.0.1", false),
      ("127.0.0.1", "localhost.evil.example", false),
      ("127.0.0.1", "box:8080", true), ("127.0.0.1", "more.example:443", true), ("0.0.0.0", "10.0.0.1:8080", true),
      ("0.0.0.0", "evil.example", false), ("127.0.0.1", "", false), ("127.0.0.1", "127.evil.example", false),
    ])
    func hosts(_ bound: String, _ authority: String, _ isOwn: Bool) {
      let hosts = OwnHosts(bound: bound, machine: "box", others: ["more.example"])
      let error: ServiceError?
      do {
        try hosts.require(authority)
        error = nil
      } catch let refusal { error = refusal }
      #expect((error == nil) == isOwn)
    }

    @Test func elementsWithLengthsThatLie() {
      for bytes: [UInt8] in [
        [1], [1, 0, 0, 0], [255, 255, 255, 255, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 7, 0, 0, 0, 0],
      ] {
        #expect(throws: ServiceError.self) { try InputContent.elements(of: bytes[...], count: 1) }
      }
    }

    /// Every route is described, and nothing else.
    @Test func theDescriptionNamesItsSchemas() throws {
      let text = String(decoding: OpenAPI.description.bytes, as: UTF8.self)
      let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let schemas = try #require((root["components"] as? [String: Any])?["schemas"] as? [String: Any])
      let references = text.components(separatedBy: "#/components/schemas/").dropFirst().map {
        $0.prefix { $0 != "\"" }
      }
      #expect(!references.isEmpty && references.allSatisfy { schemas[String($0)] != nil })
    }
  }
#endif
