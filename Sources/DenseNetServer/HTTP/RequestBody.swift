#if Serve
  import HTTPTypes
  import Hummingbird
  import NIOCore

  extension ModelServer {
    /// Reads a request's body, packed or not, into memory, and lends it for the time of `body`.
    ///
    /// What is too large is refused by its Content-Length, before it is read. All bodies together have a limit too.
    /// - Throws: `ServiceError`.
    func withBody<R>(
      of request: Request, _ connection: Connection?, _ body: ([UInt8]) async throws -> R
    ) async throws -> R {
      let limit = configuration.largestBody
      let announced = try Self.announcedLength(of: request)
      if let announced, announced > limit { throw ServiceError.tooLarge(limit) }
      let coding = try Self.coding(of: request)
      if request.headers[.expect]?.lowercased() == "100-continue" { connection?.sendContinue() }
      var taken = 0
      defer { bodies.giveBack(taken) }
      var bytes: [UInt8] = []
      if let announced { bytes.reserveCapacity(min(announced, 1 << 20)) }
      do {
        for try await part in request.body {
          guard bytes.count + part.readableBytes <= limit else { throw ServiceError.tooLarge(limit) }
          try take(part.readableBytes, &taken)
          bytes.append(contentsOf: part.readableBytesView)
        }
      } catch let error as ServiceError {
        throw error
      } catch {
        throw ServiceError(.invalidArgument, "the body ended before its end, or is not well formed")
      }
      if let announced, bytes.count != announced {
        throw ServiceError(.invalidArgument, "the body: expected \(announced) bytes, found \(bytes.count)")
      }
      if let coding {
        let packed = bytes
        bytes = try await workers.run { try coding.unpacked(packed, limit: limit) }
        try take(bytes.count, &taken)
      }
      return try await body(bytes)
    }

    private func take(_ count: Int, _ taken: inout Int) throws(ServiceError) {
      guard bodies.take(count) else {
        throw ServiceError.tooManyBodies
      }
      taken += count
    }

    private static func announcedLength(of request: Request) throws(ServiceError) -> Int? {
      guard let text = request.headers[.contentLength] else { return nil }
      guard let length = Int(text), length >= 0 else {
        throw ServiceError(.invalidArgument, "Content-Length: expected a whole number, found \"\(shown(text))\"")
      }
      return length
    }

    private static func coding(of request: Request) throws(ServiceError) -> ContentCoding? {
      guard let name = request.headers[.contentEncoding]?.lowercased(), name != "identity", name != "" else {
        return nil
      }
      guard let coding = ContentCoding(rawValue: name) else {
        throw ServiceError(
          .unsupportedMedia, "Content-Encoding: expected gzip, deflate or identity, found \"\(shown(name))\"")
      }
      return coding
    }
  }
#endif
