#if Serve
  import HTTPTypes
  import Hummingbird
  import NIOCore

  /// What every request of `densenet serve` passes first: whether it means this server, and whether a web page of another
  /// server sends it. Gives every error the protocol's body.
  struct FrontDoor<Context: RequestContext>: RouterMiddleware {
    let hosts: OwnHosts
    /// Web pages of these origins may use the server, such as `https://example.org`.
    let origins: [String]

    func handle(
      _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
      var response: Response
      let origin = request.headers[.origin]
      do {
        try hosts.require(request.head.authority)
        try requireOwn(origin, request)
        if let origin, request.method == .options, request.headers[.accessControlRequestMethod] != nil {
          return allowed(origin, Response(status: .noContent))
        }
        response = try await next(request, context)
      } catch let error as HTTPError where error.status == .notFound {
        let path = shown(request.uri.path)
        response = ServiceError(.notFound, "expected a path of this server (GET /openapi.json), found \(path)").response
      } catch let error as HTTPError {
        response = ServiceError(.invalidArgument, error.body ?? error.status.reasonPhrase).response
      } catch {
        response = ServiceError(any: error).response
      }
      response.headers[.xContentTypeOptions] = "nosniff"
      return origin.map { allowed($0, response) } ?? response
    }

    /// A page of another server must neither read from this one nor change anything here.
    private func requireOwn(_ origin: String?, _ request: Request) throws(ServiceError) {
      guard let origin, !origins.contains(origin) else { return }
      let own = request.head.authority.map { ["http://\($0)", "https://\($0)"] } ?? []
      guard own.contains(origin.lowercased()) else {
        throw ServiceError(
          .forbidden, "the page at \(shown(origin)) may not use this server, which has to name it first")
      }
    }

    private func allowed(_ origin: String, _ response: Response) -> Response {
      guard origins.contains(origin) else { return response }
      var response = response
      response.headers[.accessControlAllowOrigin] = origin
      response.headers[.vary] = "Origin"
      response.headers[.accessControlExposeHeaders] = HTTPField.Name.inferenceHeaderLength.rawName
      if response.status == .noContent {
        response.headers[.accessControlAllowMethods] = "GET, POST"
        response.headers[.accessControlAllowHeaders] =
          "Authorization, Content-Type, Content-Encoding, Inference-Header-Content-Length"
      }
      return response
    }
  }

  /// The names by which clients may call a server. A web page can point a name of its own at this machine's address (DNS
  /// rebinding) and would then count as the server's own; by an address it cannot.
  struct OwnHosts: Sendable {
    private let names: Set<String>
    private let allowsAnyAddress: Bool

    /// - Parameters:
    ///   - bound: what the server listens on.
    ///   - others: further names.
    init(bound: String, machine: String, others: [String]) {
      names = Set((["localhost", bound, machine] + others).map { $0.lowercased() })
      allowsAnyAddress = !Self.isLoopback(bound)
    }

    func require(_ authority: String?) throws(ServiceError) {
      guard let authority, !authority.isEmpty else {
        throw ServiceError(.invalidArgument, "expected a Host header, found none")
      }
      let host = Self.host(of: authority)
      let isAddress = allowsAnyAddress ? Self.isAddress(host) : Self.isAddress(host) && Self.isLoopback(host)
      guard names.contains(host) || isAddress || host.hasSuffix(".localhost") else {
        throw ServiceError(.misdirected, "the Host header names \"\(shown(host))\", which is no name of this server")
      }
    }

    /// Without the port and the brackets of an IPv6 address.
    private static func host(of authority: String) -> String {
      let lower = authority.lowercased()
      if lower.hasPrefix("["), let end = lower.firstIndex(of: "]") {
        return String(lower[lower.index(after: lower.startIndex)..<end])
      }
      return lower.firstIndex(of: ":").map { String(lower[..<$0]) } ?? lower
    }

    static func isLoopback(_ host: String) -> Bool {
      if host.lowercased() == "localhost" || host == "::1" { return true }
      return host.hasPrefix("127.") && isAddress(host)
    }

    static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }
  }
#endif
