#if Serve
  import DenseNets
  import Foundation

  #if canImport(Darwin)
    import Darwin
    private let streamSocket = SOCK_STREAM
  #elseif canImport(Musl)
    import Musl
    private let streamSocket = SOCK_STREAM
  #else
    import Glibc
    private let streamSocket = Int32(SOCK_STREAM.rawValue)
  #endif

  /// An answer of HTTP/1.1.
  struct Answer: Sendable {
    var status = 0
    /// By lower-case name.
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:] }
    /// What an error says; nil where the body has another shape than the protocol's.
    var error: String? {
      headers["content-type"] == "application/json" && json.count == 1 ? json["error"] as? String : nil
    }
  }

  /// A connection that sends any bytes and reads answers. Nothing waits longer than ten seconds.
  final class Client {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
      descriptor = socket(AF_INET, streamSocket, 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var patience = timeval(tv_sec: 10, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard status == 0 else { throw Failure(.inputOutput, "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { _ = Foundation.close(descriptor) }

    static func request(
      _ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8] = []
    ) -> [UInt8] {
      var text = "\(method) \(path) HTTP/1.1\r\n"
      var headers = headers
      if headers["Host"] == nil { headers["Host"] = "localhost" }
      if method == "POST", headers["Content-Length"] == nil, headers["Transfer-Encoding"] == nil {
        headers["Content-Length"] = "\(body.count)"
      }
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      return Array((text + "\r\n").utf8) + body
    }

    func send(_ bytes: [UInt8]) throws {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { throw Failure(.inputOutput, "send: \(String(cString: strerror(errno)))") }
        rest = rest.dropFirst(count)
      }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Whether the server closes the connection, and sends nothing more, within the time that a read waits.
    func isClosed() -> Bool {
      while true {
        let count = fill()
        if count <= 0 { return count == 0 || errno == ECONNRESET }
      }
    }

    /// Reads an answer, interim ones too.
    func answer(isHead: Bool = false) throws -> Answer {
      let end = Array("\r\n\r\n".utf8)
      var start = received.firstRange(of: end)
      while start == nil {
        guard fill() > 0 else { throw Failure(.inputOutput, "the answer ended in its head: \(received.count) bytes") }
        start = received.firstRange(of: end)
      }
      var answer = Answer()
      let lines = String(decoding: received[..<start!.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
      answer.status = Int(lines[0].split(separator: " ")[1])!
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        answer.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
      received.removeFirst(start!.upperBound)
      let length = isHead || answer.status == 100 ? 0 : Int(answer.headers["content-length"] ?? "0")!
      while received.count < length {
        guard fill() > 0 else { throw Failure(.inputOutput, "the answer ended in its body") }
      }
      answer.body = Array(received.prefix(length))
      received.removeFirst(length)
      return answer
    }

    private func fill() -> Int {
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 { received += chunk.prefix(count) }
      return count
    }
  }
#endif
