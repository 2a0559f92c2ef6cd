#if Serve
  import DenseNetIO
  import DenseNetTasks
  import DenseNets
  import Foundation
  import Testing

  @testable import DenseNetServer

  /// Logits over HTTP are those of `densenet predict`.
  @Suite struct InferenceOverHTTP {
    let scratch: Scratch
    let weights: String
    let reference: Reference
    let x = Tensor.randn([3, 3, 8, 8], seed: 5)

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
      reference = try Reference(weights)
    }

    private var raw: [UInt8] { x.values.withUnsafeBytes { Array($0) } }

    private func numbers(_ answer: Answer) throws -> [Float] {
      let outputs = try #require(answer.json["outputs"] as? [[String: Any]])
      return try #require(outputs[0]["data"] as? [NSNumber]).map(\.floatValue)
    }

    /// The JSON of an answer and the bytes after it.
    private func split(_ answer: Answer) throws -> (json: [String: Any], raw: [UInt8]) {
      let length = try #require(answer.headers["inference-header-content-length"].flatMap { Int($0) })
      let json = try JSONSerialization.jsonObject(with: Data(answer.body[..<length]))
      return (try #require(json as? [String: Any]), Array(answer.body[length...]))
    }

    private func floats(_ bytes: [UInt8]) -> [Float] {
      stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
      }
    }

    @Test func tensorsInJSON() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let expected = try reference.logits(x)
      // Flat and nested arrays mean the same.
      let flat = "[\(x.values.map { "\($0)" }.joined(separator: ","))]"
      let rows = stride(from: 0, to: 576, by: 192).map { start in
        "[\(x.values[start..<start + 192].map { "\($0)" }.joined(separator: ","))]"
      }
      let nested = "[\(rows.joined(separator: ","))]"
      for data in [flat, nested] {
        let body =
          #"{"id":"a\"b","inputs":[{"name":"input","datatype":"FP32","shape":[3,3,8,8],"data":\#(data)}],"unknown":{"x":[1]}}"#
        let answer = try await server.send("POST", "/v2/models/tiny/infer", body: Array(body.utf8))
        #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
        #expect(answer.json["id"] as? String == "a\"b" && answer.json["model_name"] as? String == "tiny")
        #expect(try numbers(answer) == expected)
      }
      try await server.end()
    }

    @Test func tensorsAsBytes() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let expected = try reference.logits(x)
      let json =
        #"{"inputs":[{"name":"input","datatype":"FP32","shape":[3,3,8,8],"parameters":{"binary_data_size":2304}}],"parameters":{"binary_data_output":true}}"#
      let answer = try await server.send(
        "POST", "/v2/models/tiny/versions/1/infer", ["Inference-Header-Content-Length": "\(json.utf8.count)"],
        body: Array(json.utf8) + raw)
      let (header, bytes) = try split(answer)
      #expect(floats(bytes) == expected && header["model_version"] as? String == "1")
      // A body that is one raw tensor.
      let bare = try await server.send(
        "POST", "/v2/models/tiny/infer", ["Inference-Header-Content-Length": "0"], body: raw)
      #expect(floats(try split(bare).raw) == expected)
      try await server.end()
    }

    @Test func picturesInATensor() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let names = ["jpeg/baseline_444.jpg", "png/sequential/rgb.png", "webp/lossless.webp", "jpeg/grey.jpg"]
      let files = try names.map { try Pictures.bytes($0) }
      let body = files.flatMap { file in withUnsafeBytes(of: UInt32(file.count).littleEndian) { Array($0) } + file }
      let json =
        #"{"inputs":[{"name":"input","datatype":"BYTES","shape":[4],"parameters":{"binary_data_size":\#(body.count)}}]}"#
      let answer = try await server.send(
        "POST", "/v2/models/tiny/infer", ["Inference-Header-Content-Length": "\(json.utf8.count)"],
        body: Array(json.utf8) + body)
      #expect(answer.status == 200, "\(answer.error ?? "")")
      #expect(isClose(try numbers(answer), try names.flatMap { try reference.logits(ofPicture: $0) }))
      try await server.end()
    }

    @Test func classificationRanksLogits() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let json =
        #"{"inputs":[{"name":"input","datatype":"FP32","shape":[3,3,8,8],"parameters":{"binary_data_size":2304}}],"outputs":[{"name":"logits","parameters":{"classification":2,"binary_data":false}}]}"#
      let answer = try await server.send(
        "POST", "/v2/models/tiny/infer", ["Inference-Header-Content-Length": "\(json.utf8.count)"],
        body: Array(json.utf8) + raw)
      let output = try #require((answer.json["outputs"] as? [[String: Any]])?.first)
      let (logits, names) = (try reference.logits(x), try reference.network.classNames())
      let expected = (0..<3).flatMap { row -> [String] in
        let own = Array(logits[3 * row..<3 * row + 3])
        return own.indices.sorted { own[$0] > own[$1] }.prefix(2).map { "\(own[$0]):\($0):\(names[$0])" }
      }
      #expect(output["data"] as? [String] == expected)
      #expect(output["datatype"] as? String == "BYTES" && output["shape"] as? [Int] == [3, 2])
      try await server.end()
    }

    @Test(arguments: [("gzip", true), ("deflate", true), ("gzip", false)])
    func packedBodies(_ coding: String, _ answers: Bool) async throws {
      let server = try await RunningServer([("tiny", weights)])
      let kind = try #require(ContentCoding(rawValue: coding))
      var headers = ["Inference-Header-Content-Length": "0", "Content-Encoding": coding]
      if answers { headers["Accept-Encoding"] = coding }
      let answer = try await server.send("POST", "/v2/models/tiny/infer", headers, body: try #require(kind.packed(raw)))
      #expect(answer.headers["content-encoding"] == (answers ? coding : nil))
      var plain = answer
      if answers { plain.body = try kind.unpacked(answer.body, limit: 1 << 20) }
      #expect(floats(try split(plain).raw) == (try reference.logits(x)))
      try await server.end()
    }

    @Test(arguments: [false, true])
    func aPictureForPeople(_ labels: Bool) async throws {
      let weights = try scratch.addWeights("people.safetensors", labels: labels)
      let server = try await RunningServer([("tiny", weights)])
      let picture = "jpeg/baseline_420.jpg"
      let answer = try await server.send("POST", "/predict?model=tiny&top=2&cam=1", body: try Pictures.bytes(picture))
      #expect(answer.status == 200, "\(answer.error ?? "")")
      let own = try Reference(weights)
      let classes = try ImageClassifierProbe.classify(own.network, Pictures.path(picture))
      if labels {
        let found = try #require(answer.json["labels"] as? [[String: Any]])
        #expect(found.map { $0["label"] as? String } == (try own.network.classNames()))
        for item in found {
          let index = try #require(item["index"] as? Int)
          let expected = try #require(classes.first { $0.index == index })
          #expect(abs(try #require(item["probability"] as? Double) - expected.probability) < 1e-12)
          #expect(item["decision"] as? Bool == expected.decision)
          #expect(item["threshold"] as? Double == [0.1, 0.9, 0.5][index])
        }
      } else {
        let found = try #require(answer.json["predictions"] as? [[String: Any]])
        #expect(found.map { $0["index"] as? Int } == classes.prefix(2).map(\.index))
        #expect(found.map { $0["class"] as? String } == classes.prefix(2).map(\.name))
      }
      let png = try #require((answer.json["cam"] as? String).flatMap { Data(base64Encoded: $0) })
      let map = try DecodedImageProbe.size(Array(png))
      #expect(map == [8, 8])
      try await server.end()
    }
  }
#endif
