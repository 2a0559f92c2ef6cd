#if Serve
  import DenseNets
  import Foundation
  import NIOCore
  import Testing

  @testable import DenseNetServer

  /// One clear error each, with the protocol's body, and the next request is answered.
  @Suite struct BadInput {
    let scratch: Scratch
    let weights: String

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let name: String
      var method = "POST"
      var path = "/v2/models/tiny/infer"
      var headers: [String: String] = [:]
      var body = ""
      let status: Int
      /// Words of the error.
      let says: String

      var testDescription: String { name }

      init(
        _ name: String, _ method: String = "POST", _ path: String = "/v2/models/tiny/infer",
        headers: [String: String] = [:], body: String = "", _ status: Int, _ says: String
      ) {
        (self.name, self.method, self.path, self.headers, self.body) = (name, method, path, headers, body)
        (self.status, self.says) = (status, says)
      }
    }

    private static func input(_ text: String) -> String { #"{"inputs":[{"name":"input",\#(text)}]}"# }

    static let cases = [
      Case("no JSON", body: "{", 400, "JSON"),
      Case("text after JSON", body: #"{"inputs":[]} x"#, 400, "text follows"),
      Case("deep JSON", body: #"{"a":\#(String(repeating: "[", count: 100_000))"#, 400, "nested deeper"),
      Case("no inputs", body: "{}", 400, "found none"),
      Case("another input", body: #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}"#, 400, "\"x\""),
      Case("no data", body: input(#""datatype":"FP32","shape":[1,3,8,8]"#), 400, "expected data"),
      Case("wrong shape", body: input(#""datatype":"FP32","shape":[1,3,8,9],"data":[]"#), 400, "[N, 3, 8, 8]"),
      Case("wrong count", body: input(#""datatype":"FP32","shape":[1,3,8,8],"data":[1,2]"#), 400, "192 numbers"),
      Case(
        "huge shape", body: input(#""datatype":"FP32","shape":[9000000000,3,8,9000000000],"data":[]"#), 400, "too large"
      ),
      Case("too many images", body: input(#""datatype":"FP32","shape":[257,3,8,8],"data":[]"#), 400, "256"),
      Case("negative shape", body: input(#""datatype":"FP32","shape":[-1,3,8,8],"data":[]"#), 400, "whole number"),
      Case("wrong type", body: input(#""datatype":"INT8","shape":[1,3,8,8],"data":[]"#), 400, "INT8"),
      Case("texts for numbers", body: input(#""datatype":"FP32","shape":[1,3,8,8],"data":["x"]"#), 400, "found texts"),
      Case("numbers and texts", body: input(#""datatype":"FP32","shape":[1,3,8,8],"data":[1,"x"]"#), 400, "mixes"),
      Case(
        "infinite",
        body: input(#""datatype":"FP32","shape":[1,3,8,8],"data":[\#(String(repeating: "1e39,", count: 191))1]"#), 400,
        "finite"),
      Case(
        "shared memory", body: input(#""datatype":"FP32","shape":[1,3,8,8],"parameters":{"shared_memory_region":"r"}"#),
        400, "shared memory"),
      Case(
        "another output",
        body: #"{"inputs":[{"name":"input","datatype":"BYTES","shape":[1],"data":["x"]}],"outputs":[{"name":"y"}]}"#,
        400, "\"y\""),
      Case("no picture", body: input(#""datatype":"BYTES","shape":[1],"data":["x"]"#), 400, "the picture"),
      Case(
        "a header beyond the body", headers: ["Inference-Header-Content-Length": "99"], body: "{}", 400,
        "at most the body's 2"),
      Case(
        "a header that overflows", headers: ["Inference-Header-Content-Length": "99999999999999999999"], body: "{}",
        400, "whole number"),
      Case("a negative header", headers: ["Inference-Header-Content-Length": "-1"], body: "{}", 400, "whole number"),
      Case(
        "bytes beyond the body",
        body: input(#""datatype":"FP32","shape":[1,3,8,8],"parameters":{"binary_data_size":768}"#), 400, "768"),
      Case(
        "a raw tensor in part", headers: ["Inference-Header-Content-Length": "0"], body: "abc", 400, "multiple of 768"),
      Case("unknown model", "POST", "/v2/models/none/infer", body: "{}", 404, "none"),
      Case("unknown version", "POST", "/v2/models/tiny/versions/7/infer", body: "{}", 404, "7"),
      Case("dots", "GET", "/v2/models/%2e%2e%2fetc", 404, "../etc"),
      Case("control characters", "GET", "/v2/models/%00%0a", 404, #"\u{0}\n"#),
      Case("unknown path", "GET", "/v3", 404, "/v3"),
      Case("wrong method", "DELETE", "/v2/models/tiny", 405, "GET"),
      Case(
        "a form", "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"], body: "x", 415,
        "--data-binary"),
      Case("no body", "POST", "/predict", 400, "found none"),
      Case("no number", "POST", "/predict?top=many", body: "x", 400, "many"),
      Case("no such class", "POST", "/predict?cam=1&class=3", body: "x", 400, "0 to 2"),
      Case("unknown coding", headers: ["Content-Encoding": "br"], body: "x", 415, "br"),
      Case("damaged coding", headers: ["Content-Encoding": "gzip"], body: "x", 400, "gzip"),
      Case("another host", "GET", "/v2", headers: ["Host": "evil.example"], 421, "evil.example"),
      Case(
        "another page", "POST", "/v2/repository/models/tiny/unload", headers: ["Origin": "http://evil.example"], 403,
        "evil.example"),
      Case(
        "a file to load", "POST", "/v2/repository/models/tiny/load", body: #"{"parameters":{"file:1/x":"aGk="}}"#, 400,
        "file:1/x"),
      Case("a model to load", "POST", "/v2/repository/models/none/load", 404, "none"),
    ]

    @Test func eachGetsOneClearError() async throws {
      let server = try await RunningServer([("tiny", weights)])
      for item in Self.cases {
        let answer = try await server.send(item.method, item.path, item.headers, body: Array(item.body.utf8))
        #expect(answer.status == item.status, "\(item.name): \(answer.status)")
        #expect(
          answer.error?.contains(item.says) == true, "\(item.name): \(String(decoding: answer.body, as: UTF8.self))")
      }
      #expect(try await server.send("GET", "/v2/models/tiny/ready").status == 200)
      #expect(server.server.scheduler.accepted == 0 && server.server.bodies.bytes == 0)
      try await server.end()
    }

    @Test func bodiesHaveALimit() async throws {
      var configuration = ModelServer.Configuration()
      configuration.largestBody = 10_000
      let server = try await RunningServer([("tiny", weights)], configuration)
      let port = server.port
      // Refused by what it claims, before any of it is there.
      let claimed = try await offPool {
        let client = try Client(port: port)
        try client.send(Client.request("POST", "/predict", ["Content-Length": "99999999"]))
        let answer = try client.answer()
        return (answer, client.isClosed())
      }
      #expect(claimed.0.status == 413 && claimed.0.error?.contains("10000") == true)
      #expect(claimed.0.headers["connection"] == "close" && claimed.1)
      // In chunks, it claims nothing.
      let chunked = try await offPool {
        let client = try Client(port: port)
        try client.send(Client.request("POST", "/predict", ["Transfer-Encoding": "chunked"]))
        for _ in 0..<11 { try client.send("3e8\r\n" + String(repeating: "x", count: 1000) + "\r\n") }
        return try client.answer()
      }
      #expect(chunked.status == 413 && chunked.error != nil)
      // And packed it is small.
      let bomb = try #require(ContentCoding.gzip.packed([UInt8](repeating: 0, count: 1_000_000)))
      #expect(bomb.count < 10_000)
      let unpacked = try await server.send("POST", "/predict", ["Content-Encoding": "gzip"], body: bomb)
      #expect(unpacked.status == 413 && unpacked.error?.contains("unpacks") == true)
      try await server.end()
    }

    @Test func picturesHaveALimit() async throws {
      var configuration = ModelServer.Configuration()
      configuration.largestPicture = 100
      let server = try await RunningServer([("tiny", weights)], configuration)
      let answer = try await server.send("POST", "/predict", body: try Pictures.bytes("png/sequential/rgb.png"))
      #expect(answer.status == 400 && answer.error?.contains("100 pixels") == true)
      try await server.end()
    }

    @Test func whatIsNoHTTP() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let port = server.port
      let flood = (0..<200).map { "X-\($0): 1\r\n" }.joined()
      let requests = [
        "\u{16}\u{3}\u{1}\r\n\r\n", "GET / SPDY/9\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: localhost\r\n\(flood)\r\n",
        "GET /v2 HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n",
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxx",
      ]
      for request in requests {
        let (answer, isClosed) = try await offPool {
          let client = try Client(port: port)
          try client.send(request)
          return (try client.answer(), client.isClosed())
        }
        #expect(answer.status == 400 && answer.error != nil && isClosed, "\(request.prefix(20))")
      }
      // Without a host.
      let hostless = try await offPool {
        let client = try Client(port: port)
        try client.send("GET /v2 HTTP/1.1\r\n\r\n")
        return try client.answer()
      }
      #expect(hostless.status == 400 && hostless.error != nil)
      #expect(try await server.send("GET", "/v2/health/live").status == 200)
      try await server.end()
    }

    @Test func slowSendersAndIdlersGo() async throws {
      let server = try await RunningServer([("tiny", weights)], .init()) { options in
        options.times.transfer = .milliseconds(500)
        options.times.idle = .milliseconds(700)
      }
      let port = server.port
      // A body that comes byte by byte, a head that never ends, and nothing at all.
      for begin in [
        Client.request("POST", "/predict", ["Content-Length": "100"]), Array("GET /v2 HTTP/1.1\r\nHo".utf8), [],
      ] {
        let seconds = try await offPool {
          let client = try Client(port: port)
          let start = Date()
          try client.send(begin)
          for _ in 0..<3 where !begin.isEmpty {
            try client.send("x")
            usleep(100_000)
          }
          return client.isClosed() ? Date().timeIntervalSince(start) : 100
        }
        #expect(seconds < 5)
      }
      try await server.end()
    }

    @Test func expectationsAreMet() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let (port, picture) = (server.port, try Pictures.bytes("jpeg/baseline_444.jpg"))
      let (interim, final) = try await offPool {
        let client = try Client(port: port)
        try client.send(
          Client.request("POST", "/predict", ["Content-Length": "\(picture.count)", "Expect": "100-continue"]))
        let interim = try client.answer()
        try client.send(picture)
        return (interim, try client.answer())
      }
      #expect(interim.status == 100 && final.status == 200)
      // Nothing is asked for that would be refused.
      let refused = try await server.send(
        "POST", "/predict", ["Content-Length": "999999999", "Expect": "100-continue"])
      #expect(refused.status == 413)
      try await server.end()
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
      let server = try await RunningServer([("tiny", weights)])
      let port = server.port
      let statuses = try await offPool {
        let client = try Client(port: port)
        let paths = ["/v2/health/live", "/none", "/v2", "/v2/models/none", "/v2/models"]
        try client.send(paths.flatMap { Client.request("GET", $0) })
        return try paths.map { _ in try client.answer().status }
      }
      #expect(statuses == [200, 404, 200, 404, 200])
      try await server.end()
    }

    @Test func aTokenIsAskedFor() async throws {
      var configuration = ModelServer.Configuration()
      configuration.token = Array("correct horse battery".utf8)
      let server = try await RunningServer([("tiny", weights)], configuration)
      for wrong in [nil, "Bearer ", "Bearer correct horse batterz", "Bearer correct", "Basic correct horse battery"] {
        let answer = try await server.send("GET", "/v2", wrong.map { ["Authorization": $0] } ?? [:])
        #expect(answer.status == 401 && answer.error != nil && answer.headers["www-authenticate"] == "Bearer")
      }
      #expect(try await server.send("GET", "/v2", ["Authorization": "Bearer correct horse battery"]).status == 200)
      for open in ["/", "/v2/health/live", "/v2/health/ready"] {
        #expect(try await server.send("GET", open).status == 200)
      }
      try await server.end()
    }

    @Test func thousandsOfIdleConnections() async throws {
      let server = try await RunningServer([("tiny", weights)], .init()) { $0.largestConnectionCount = 50 }
      let port = server.port
      let (isFirstClosed, status) = try await offPool {
        let idle = try (0..<300).map { _ in try Client(port: port) }
        let client = try Client(port: port)
        try client.send(Client.request("GET", "/v2/health/live"))
        let status = try client.answer().status
        return (idle[0].isClosed(), status)
      }
      #expect(isFirstClosed && status == 200)
      try await server.end()
    }
  }
#endif
