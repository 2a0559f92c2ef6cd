#if Serve
  import CZlib

  /// The codings of bodies: gzip, and zlib's format, which HTTP calls deflate.
  enum ContentCoding: String, Sendable {
    case gzip, deflate

    /// What a client accepts of them, the first that is not ruled out by `q=0`; nil: neither.
    init?(accepted: String) {
      let offers = accepted.lowercased().split(separator: ",").map { offer in
        offer.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      }
      func weight(_ name: String) -> Double? {
        offers.first { $0.first == name }.map { offer in
          offer.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        }
      }
      let known = [ContentCoding.gzip, .deflate].map { ($0, weight($0.rawValue) ?? 0) }
      guard let best = known.max(by: { $0.1 < $1.1 }), best.1 > 0 else { return nil }
      self = known.first { $0.1 == best.1 }!.0
    }

    private var window: Int32 { self == .gzip ? 15 + 16 : 15 }

    /// - Parameter limit: bytes of the result, at most.
    /// - Throws: `ServiceError` where the bytes are damaged, or unpack to more.
    func unpacked(_ bytes: [UInt8], limit: Int) throws(ServiceError) -> [UInt8] {
      var stream = z_stream()
      guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw ServiceError(.unavailable, "zlib has no memory", retryAfter: 1)
      }
      defer { inflateEnd(&stream) }
      var result: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      var input = bytes
      let status = input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        return chunk.withUnsafeMutableBufferPointer { chunk -> Int32 in
          while true {
            stream.next_out = chunk.baseAddress
            stream.avail_out = UInt32(chunk.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            let filled = chunk.count - Int(stream.avail_out)
            guard result.count + filled <= limit else { return Z_MEM_ERROR }
            result.append(contentsOf: chunk[..<filled])
            guard status == Z_OK, filled > 0 || stream.avail_in > 0 else { return status }
          }
        }
      }
      if status == Z_MEM_ERROR {
        throw ServiceError(.tooLarge, "the body unpacks to more than \(limit) bytes; send less")
      }
      guard status == Z_STREAM_END, stream.avail_in == 0 else {
        throw ServiceError(.invalidArgument, "the body is not \(rawValue), or is damaged")
      }
      return result
    }

    func packed(_ bytes: [UInt8]) -> [UInt8]? {
      var stream = z_stream()
      let fastest: Int32 = 1
      guard
        deflateInit2_(
          &stream, fastest, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
          == Z_OK
      else { return nil }
      defer { deflateEnd(&stream) }
      let bound = Int(deflateBound(&stream, UInt(bytes.count)))
      var input = bytes
      return [UInt8](unsafeUninitializedCapacity: bound) { result, filled in
        input.withUnsafeMutableBufferPointer { input in
          stream.next_in = input.baseAddress
          stream.avail_in = UInt32(input.count)
          stream.next_out = result.baseAddress
          stream.avail_out = UInt32(bound)
          _ = CZlib.deflate(&stream, Z_FINISH)
        }
        filled = bound - Int(stream.avail_out)
      }
    }
  }
#endif
