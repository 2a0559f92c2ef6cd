#if Serve
  import DenseNets
  import Foundation
  import Testing

  @testable import DenseNetServer

  /// Nothing that was accepted is lost, whatever happens to files and the server.
  @Suite struct ServerLifecycle {
    let scratch: Scratch
    let weights: String

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
    }

    @Test func theEndAnswersWhatIsUnderWay() async throws {
      let server = try await RunningServer([("tiny", weights)], .init()) { $0.drain = .milliseconds(600) }
      let (port, picture) = (server.port, try Pictures.bytes("jpeg/baseline_444.jpg"))
      let idle = try Client(port: port)
      let half = try Client(port: port)
      try await offPool { [idle = Unsafe(idle), half = Unsafe(half)] in
        try idle.value.send(Client.request("GET", "/v2"))
        #expect(try idle.value.answer().headers["connection"] == nil)
        // A request whose body is still to come.
        try half.value.send(Client.request("POST", "/predict", ["Content-Length": "\(picture.count)"]))
      }
      await server.beginEnd()
      try await Task.sleep(for: .milliseconds(100))
      let answers = try await offPool { [half = Unsafe(half)] in
        // A new connection is accepted still, and learns that the server is not ready.
        let new = try Client(port: port)
        try new.send(Client.request("GET", "/v2/health/ready"))
        let ready = try new.answer()
        usleep(700_000)
        // The time is up. What is under way is answered.
        try half.value.send(picture)
        return [ready, try half.value.answer()]
      }
      #expect(answers[0].status == 503 && answers[0].json["ready"] as? Bool == false)
      #expect(answers[0].headers["connection"] == "close")
      #expect(answers[1].status == 200 && answers[1].headers["connection"] == "close")
      try await server.end()
      #expect(throws: (any Error).self) { try Client(port: port) }
      withExtendedLifetime(idle) {}
    }

    @Test func anIdleConnectionMayStillAsk() async throws {
      let server = try await RunningServer([("tiny", weights)], .init()) { $0.drain = .seconds(1) }
      let port = server.port
      let client = try Client(port: port)
      try await offPool { [client = Unsafe(client)] in
        try client.value.send(Client.request("GET", "/v2"))
        _ = try client.value.answer()
      }
      await server.beginEnd()
      try await Task.sleep(for: .milliseconds(200))
      let (answer, isClosed) = try await offPool { [client = Unsafe(client)] in
        try client.value.send(Client.request("GET", "/v2/models"))
        return (try client.value.answer(), client.value.isClosed())
      }
      #expect(answer.status == 200 && answer.headers["connection"] == "close" && isClosed)
      try await server.end()
    }

    @Test func aChangedFileIsReadAndABrokenOneIsNot() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let raw = Tensor.randn([1, 3, 8, 8], seed: 5)
      let body = raw.values.withUnsafeBytes { Array($0) }
      func logits() async throws -> [UInt8] {
        let answer = try await server.send(
          "POST", "/v2/models/tiny/infer", ["Inference-Header-Content-Length": "0"], body: body)
        let length = try #require(answer.headers["inference-header-content-length"].flatMap { Int($0) })
        return Array(answer.body[length...])
      }
      func waits(for condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<100 {
          if try await condition() { return true }
          try await Task.sleep(for: .milliseconds(100))
        }
        return false
      }
      let first = try await logits()
      try scratch.addWeights("next.safetensors", seed: 4)
      let expected = try Reference(scratch.path("next.safetensors")).logits(raw).withUnsafeBytes { Array($0) }
      #expect(first != expected)
      _ = rename(scratch.path("next.safetensors"), weights)
      #expect(try await waits { try await logits() == expected })
      // A file that is no model changes nothing but what is said of it.
      try Data("broken".utf8).write(to: URL(fileURLWithPath: weights))
      let reason = { () async throws -> String in
        let answer = try await server.send("POST", "/v2/repository/index")
        let index = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [[String: String]])
        #expect(index[0]["state"] == "READY")
        return index[0]["reason"] ?? ""
      }
      #expect(try await waits { try await !reason().isEmpty })
      #expect(try await logits() == expected)
      try await server.end()
    }

    @Test func versionsAndUnloading() async throws {
      try FileManager.default.createDirectory(atPath: scratch.path("many"), withIntermediateDirectories: true)
      try scratch.addWeights("many/1.safetensors", seed: 7)
      try scratch.addWeights("many/10.safetensors", seed: 8)
      let server = try await RunningServer([("many", scratch.path("many")), ("tiny", weights), ("tiny", weights)])
      #expect(try await server.send("GET", "/v2/models").json["models"] as? [String] == ["many", "tiny"])
      #expect(try await server.send("GET", "/v2/models/many").json["versions"] as? [String] == ["1", "10"])
      #expect(try await server.send("GET", "/v2/models/tiny").json["versions"] as? [String] == ["1", "2"])
      #expect(try server.server.models.model("many").version == "10")
      #expect(try await server.send("POST", "/v2/repository/models/many/unload").status == 200)
      #expect(try await server.send("GET", "/v2/models/many/ready").status == 503)
      #expect(try await server.send("GET", "/v2/models/many").status == 404)
      #expect(try await server.send("GET", "/v2/health/ready").status == 200)
      #expect(try await server.send("POST", "/v2/repository/models/many/load").status == 200)
      #expect(try await server.send("GET", "/v2/models/many/versions/1/ready").status == 200)
      try await server.end()
    }

    @Test(arguments: ["", ".hidden", "a/b", "..", "ä", "a b", String(repeating: "x", count: 101)])
    func badNames(_ name: String) throws {
      let repository = ModelRepository(device: try .cpu(threads: 1))
      #expect(throws: Failure.self) { try repository.add(name, path: weights) }
    }
  }

  /// A value that the test hands to one thread at a time.
  struct Unsafe<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }
#endif
