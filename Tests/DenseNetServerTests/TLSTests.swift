#if Serve
  import DenseNets
  import Foundation
  import NIOCore
  import Testing

  @testable import DenseNetServer

  @Suite struct OverTLS {
    let scratch: Scratch
    let weights: String
    let pem: TestCertificate

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
      pem = try TestCertificate(in: scratch)
    }

    private func server(_ change: (inout HTTPService.Options) -> Void = { _ in }) async throws -> RunningServer {
      try await RunningServer([("tiny", weights)]) { options in
        options.tls = (pem.certificate, pem.key)
        change(&options)
      }
    }

    private func live(_ server: RunningServer) async throws -> String {
      try await TLSClient.answer(
        of: server.port, trusting: pem.certificate,
        to: Client.request("GET", "/v2/health/live", ["Connection": "close"]))
    }

    @Test func answers() async throws {
      let server = try await server()
      let answer = try await live(server)
      #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix(#"{"live":true}"#), "\(answer)")
      // Without TLS there is no answer, and the next client has one all the same.
      try await offPool { [port = server.port] in
        let plain = try Client(port: port)
        try plain.send(Client.request("GET", "/v2/health/live"))
        #expect(plain.isClosed())
      }
      #expect(try await live(server).hasPrefix("HTTP/1.1 200"))
      try await server.end()
    }

    /// Clients that connect and say nothing take no others' place.
    @Test func handshakesCountAsConnections() async throws {
      let server = try await server { $0.largestConnectionCount = 3 }
      let port = server.port
      let silent = try await offPool {
        try (0..<3).map { _ in
          let client = try Client(port: port)
          Thread.sleep(forTimeInterval: 0.02)
          return Unchecked(client)
        }
      }
      #expect(try await live(server).hasPrefix("HTTP/1.1 200"))
      #expect(try await offPool { silent[0].value.isClosed() }, "the oldest of those that say nothing keeps its place")
      try await server.end()
    }

    @Test func aHandshakeHasADeadline() async throws {
      let server = try await server { $0.times.transfer = .milliseconds(200) }
      let port = server.port
      let start = ContinuousClock.now
      #expect(
        try await offPool {
          let client = try Client(port: port)
          try client.send([0x16, 3, 1])
          return client.isClosed()
        })
      #expect(ContinuousClock.now - start < .seconds(5))
      try await server.end()
    }

    @Test func filesThatAreNoCertificate() throws {
      let text = scratch.path("text.pem")
      try "no certificate".write(toFile: text, atomically: true, encoding: .utf8)
      func kind(_ certificate: String, _ key: String) -> Failure.Kind? {
        do {
          _ = try CertificateFiles.configuration(certificate, key)
          return nil
        } catch { return (error as? Failure)?.kind }
      }
      #expect(kind(scratch.path("none.pem"), pem.key) == .missingInput)
      #expect(kind(text, pem.key) == .invalidData)
      #expect(kind(pem.certificate, text) == .invalidData)
      #expect(kind(pem.certificate, pem.certificate) == .invalidData)
      #expect(kind(pem.certificate, pem.key) == nil)
    }
  }

  /// Lets one thread after the other have what is used by one at a time.
  private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }
#endif
