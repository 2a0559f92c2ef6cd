#if Serve
  public import DenseNets
  import Foundation

  extension ModelServer {
    /// - Parameter authorization: the value of the header of that name; empty: there is none.
    /// - Throws: `ServiceError(.unauthenticated)`; what it compares takes the same time wherever the tokens differ.
    func requireToken(_ authorization: String) throws(ServiceError) {
      guard let token = configuration.token else { return }
      guard BearerToken.matches(Array(authorization.utf8), token) else {
        throw ServiceError(.unauthenticated, "expected an Authorization header with this server's token (Bearer …)")
      }
    }
  }

  /// The token of `Authorization: Bearer TOKEN`.
  public enum BearerToken {
    /// The token that a file holds, without spaces and line ends around it, for ``ModelServer/Configuration/token``.
    /// - Throws: `Failure` where the file cannot be read, or does not hold one token of 16 to 4096 printable characters.
    public static func read(from path: String) throws(Failure) -> [UInt8] {
      guard FileManager.default.fileExists(atPath: path) else {
        throw Failure(.missingInput, "\(path): no such file; check the path", settings: ["tokenFile"])
      }
      guard let data = FileManager.default.contents(atPath: path) else { throw Failure.unreadable(path) }
      let token = String(decoding: data.prefix(8192), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      guard (16...4096).contains(token.utf8.count), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw Failure(
          .invalidData,
          "\(path): expected one token of 16 to 4096 printable characters without spaces; make one with: openssl rand -hex 32",
          settings: ["tokenFile"])
      }
      return Array(token.utf8)
    }

    /// - Parameter header: the header's value.
    static func matches(_ header: [UInt8], _ token: [UInt8]) -> Bool {
      let scheme = Array("bearer ".utf8)
      guard header.count > scheme.count,
        zip(header, scheme).allSatisfy({ $0 | 0x20 == $1 || $0 == $1 })
      else { return false }
      let given = header[scheme.count...].drop { $0 == UInt8(ascii: " ") }
      var difference = UInt8(given.count == token.count ? 0 : 1)
      for index in token.indices {
        // Of a shorter one its own bytes again, so that the time tells of the given token's length at most.
        let byte = given.isEmpty ? 0 : given[given.startIndex + index % given.count]
        difference |= byte ^ token[index]
      }
      return difference == 0
    }
  }
#endif
