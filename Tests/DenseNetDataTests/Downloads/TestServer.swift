import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
  private let streamSocket = SOCK_STREAM
  private let sendFlags: Int32 = 0
#elseif canImport(Musl)
  import Musl
  private let streamSocket = SOCK_STREAM
  private let sendFlags = Int32(MSG_NOSIGNAL)
#else
  import Glibc
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
  private let sendFlags = Int32(MSG_NOSIGNAL)
#endif

/// A web server on the loopback interface that misbehaves on demand.
final class TestServer: Sendable {
  struct Request: Sendable {
    let path: String
    /// By lower-case name.
    let headers: [String: String]

    /// Where the requested range begins.
    var rangeStart: Int? {
      headers["range"].flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) }
    }
  }

  struct Reply: Sendable {
    var status = 200
    var content: [UInt8] = []
    var entityTag: String?
    var honoursRanges = true
    /// Whether the answer says how long it is.
    var tellsLength = true
    /// The bytes after which the connection breaks.
    var cutAfter: Int?
    /// The bytes after which nothing more comes; a negative number holds the whole answer back.
    var stallAfter: Int?
    /// Seconds between pieces of 1,000 bytes.
    var pause = 0.0
    /// Where a redirection leads.
    var location: String?
  }

  let url: URL
  private let descriptor: Int32
  private let answer: @Sendable (Request) -> Reply
  private let isStopped = Atomic(false)
  private let log = Mutex<[Request]>([])

  init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
    self.answer = answer
    let listener = socket(AF_INET, streamSocket, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    descriptor = listener
    url = URL(string: "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")!
    Thread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        let client = accept(descriptor, nil, nil)
        if client < 0 { break }
        Thread { [self] in serve(client) }.start()
      }
    }.start()
  }

  var requests: [Request] { log.withLock { $0 } }

  /// Stops listening and ends connections that are held open.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    shutdown(descriptor, Int32(SHUT_RDWR))
    _ = close(descriptor)
  }

  private func serve(_ client: Int32) {
    defer { _ = close(client) }
    guard let request = readRequest(client) else { return }
    log.withLock { $0.append(request) }
    let reply = answer(request)
    var content = reply.content
    var status = reply.status
    var headers: [String] = ["Connection: close"]
    if let tag = reply.entityTag { headers.append("ETag: \(tag)") }
    if let location = reply.location { headers.append("Location: \(location)") }
    let isSameVersion = request.headers["if-range"] == nil || request.headers["if-range"] == reply.entityTag
    if status == 200, reply.honoursRanges, isSameVersion, let start = request.rangeStart {
      status = start < content.count ? 206 : 416
      let range = status == 206 ? "\(start)-\(content.count - 1)" : "*"
      headers.append("Content-Range: bytes \(range)/\(content.count)")
      content = Array(content.dropFirst(start))
    }
    if reply.tellsLength { headers.append("Content-Length: \(content.count)") }
    if let stall = reply.stallAfter, stall < 0 { return hold(client) }
    send(client, Array("HTTP/1.1 \(status) Answer\r\n\(headers.joined(separator: "\r\n"))\r\n\r\n".utf8))
    let end = min(reply.cutAfter ?? .max, reply.stallAfter ?? .max, content.count)
    for start in stride(from: 0, to: end, by: 1_000) {
      if reply.pause > 0 { Thread.sleep(forTimeInterval: reply.pause) }
      if !send(client, Array(content[start..<min(start + 1_000, end)])) { return }
    }
    if reply.stallAfter != nil { hold(client) }
  }

  /// Keeps the connection open, silently, until the other side closes it.
  private func hold(_ client: Int32) {
    var byte: UInt8 = 0
    while !isStopped.load(ordering: .acquiring) {
      var poller = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
      if poll(&poller, 1, 20) > 0, recv(client, &byte, 1, 0) <= 0 { return }
    }
  }

  @discardableResult
  private func send(_ client: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let n = rest.withUnsafeBytes { buffer in
        #if canImport(Darwin)
          Darwin.send(client, buffer.baseAddress!, buffer.count, sendFlags)
        #elseif canImport(Musl)
          Musl.send(client, buffer.baseAddress!, buffer.count, sendFlags)
        #else
          Glibc.send(client, buffer.baseAddress!, buffer.count, sendFlags)
        #endif
      }
      if n <= 0 { return false }
      rest = rest.dropFirst(n)
    }
    return true
  }

  private func readRequest(_ client: Int32) -> Request? {
    var text = ""
    var byte: UInt8 = 0
    while !text.hasSuffix("\r\n\r\n") {
      guard recv(client, &byte, 1, 0) == 1 else { return nil }
      text.unicodeScalars.append(Unicode.Scalar(byte))
    }
    let lines = text.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Request(path: String(words[1]), headers: headers)
  }
}

/// Runs a server for the length of a test.
func withServer<Result>(
  _ answer: @escaping @Sendable (TestServer.Request) -> TestServer.Reply, _ body: (TestServer) async throws -> Result
) async throws -> Result {
  let server = try TestServer(answer)
  defer { server.stop() }
  return try await body(server)
}
