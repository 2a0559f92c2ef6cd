#if Serve
  import DenseNets
  import HTTPTypes
  import Hummingbird
  import Logging
  import NIOCore

  /// A request that has found its route.
  struct RouteCall: Sendable {
    let request: Request
    let connection: Connection?
    /// What the path names, percent signs decoded; empty where it names none.
    let model: String
    let version: String?
  }

  /// The routes of a server, with all that is common to them: tokens, errors, counts, `HEAD` for each `GET`, and 405 for
  /// other methods.
  struct RouteTable<Routes: RouterMethods> {
    private let server: ModelServer
    private let router: Routes
    private var methods: [String: [HTTPRequest.Method]] = [:]

    init(_ server: ModelServer, _ router: Routes) { (self.server, self.router) = (server, router) }

    /// - Parameter isOpen: whether the route is for anybody, whatever token there is.
    mutating func add(
      _ method: HTTPRequest.Method, _ path: String, isOpen: Bool = false,
      _ body: @escaping @Sendable (RouteCall) async throws -> Response
    ) {
      methods[path, default: []].append(method)
      let server = server
      router.on(RouterPath(path), method: method) { request, context in
        await server.answer(request, context, route: path, isOpen: isOpen, body)
      }
      guard method == .get else { return }
      methods[path, default: []].append(.head)
      router.on(RouterPath(path), method: .head) { request, context in
        await server.answer(request, context, route: path, isOpen: isOpen, body).createHeadResponse()
      }
    }

    func refuseOtherMethods() {
      let all: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect, .init("QUERY")!,
      ]
      for (path, known) in methods {
        let list = known.map(\.rawValue).joined(separator: ", ")
        for method in all where !known.contains(method) {
          let server = server
          router.on(RouterPath(path), method: method) { request, context in
            var response = await server.answer(request, context, route: path, isOpen: true) { _ in
              throw ServiceError(.methodNotAllowed, "expected \(list), found \(method.rawValue)")
            }
            response.headers[.allow] = list
            return response
          }
        }
      }
    }
  }

  extension ModelServer {
    /// Answers a request by `body`, or with the error that it throws.
    func answer(
      _ request: Request, _ context: some RequestContext, route: String, isOpen: Bool,
      _ body: @escaping @Sendable (RouteCall) async throws -> Response
    ) async -> Response {
      lifecycle.enter()
      defer { lifecycle.leave() }
      let start = ContinuousClock.now
      var response: Response
      do {
        if !isOpen { try requireToken(request.headers[.authorization] ?? "") }
        let connection = (context as? any ConnectionContext)?.requestConnection?.connection
        let call = RouteCall(
          request: request, connection: connection, model: Self.decoded(context.parameters.get("model")) ?? "",
          version: Self.decoded(context.parameters.get("version")))
        response = try await body(call)
      } catch {
        let service = ServiceError(any: error)
        if service.code == .internalError { context.logger.error("\(route): \(error)") }
        response = service.response
      }
      metrics.http.answered(
        .init(route: route, method: request.method.rawValue, status: response.status.code),
        seconds: (ContinuousClock.now - start).inSeconds)
      return response
    }

    private static func decoded(_ part: String?) -> String? {
      part.map { $0.removingURLPercentEncoding() ?? $0 }
    }
  }
#endif
