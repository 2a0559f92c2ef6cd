#if Serve
  import HTTPTypes
  public import Hummingbird
  import NIOCore

  extension ModelServer {
    /// Adds everything that the server answers to a router: the Open Inference Protocol below `/v2`, `/predict`,
    /// `/metrics`, `/openapi.json` and the page at `/`.
    ///
    /// Errors are the protocol's, whatever the router does with others.
    public func addRoutes<Routes: RouterMethods>(to router: Routes) {
      var table = RouteTable(self, router)
      addHealth(&table)
      addModels(&table)
      addRepository(&table)
      addPeople(&table)
      table.refuseOtherMethods()
    }

    private func addHealth(_ table: inout RouteTable<some RouterMethods>) {
      table.add(.get, "/v2/health/live", isOpen: true) { _ in Response(json: .object([("live", .bool(true))])) }
      table.add(.get, "/v2/health/ready", isOpen: true) { [self] _ in
        let isReady = isReady
        return Response(status: isReady ? .ok : .serviceUnavailable, json: .object([("ready", .bool(isReady))]))
      }
      table.add(.get, "/v2") { [self] _ in Response(json: serverMetadata) }
    }

    private func addModels(_ table: inout RouteTable<some RouterMethods>) {
      table.add(.get, "/v2/models") { [self] _ in Response(json: .object([("models", .strings(models.names))])) }
      table.add(.get, "/v2/models/stats") { [self] _ in Response(json: try statistics(nil, version: nil)) }
      for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
        table.add(.get, path) { [self] call in Response(json: try metadata(call.model, version: call.version)) }
        table.add(.get, path + "/ready") { [self] call in
          let model: ServedModel
          do throws(ServiceError) {
            model = try models.model(call.model, version: call.version)
          } catch {
            guard lifecycle.isEnding || models.names.contains(call.model) else { throw error }
            throw ServiceError(.unavailable, error.message, retryAfter: 1)
          }
          return Response(json: .object([("name", .string(model.name)), ("ready", .bool(true))]))
        }
        table.add(.get, path + "/config") { [self] call in
          Response(json: try modelConfiguration(call.model, version: call.version))
        }
        table.add(.get, path + "/stats") { [self] call in
          Response(json: try statistics(call.model, version: call.version))
        }
        table.add(.post, path + "/infer") { [self] call in try await infer(call) }
      }
    }

    private func addRepository(_ table: inout RouteTable<some RouterMethods>) {
      table.add(.post, "/v2/repository/index") { [self] call in
        let readyOnly = try await withBody(of: call.request, call.connection) {
          try RepositoryRequest(index: $0).readyOnly
        }
        return Response(json: repositoryIndex(readyOnly: readyOnly))
      }
      table.add(.post, "/v2/repository/models/{model}/load") { [self] call in
        try await withBody(of: call.request, call.connection) { try RepositoryRequest.requireNoFiles($0) }
        try await loader.run { [self] in try models.load(call.model) }
        return Response()
      }
      table.add(.post, "/v2/repository/models/{model}/unload") { [self] call in
        try await withBody(of: call.request, call.connection) { try RepositoryRequest.requireNoFiles($0) }
        try models.unload(call.model)
        return Response()
      }
    }

    private func addPeople(_ table: inout RouteTable<some RouterMethods>) {
      table.add(.post, "/predict") { [self] call in try await predict(call) }
      table.add(.get, "/metrics") { [self] _ in
        Response(
          headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], text: prometheusText)
      }
      table.add(.get, "/openapi.json", isOpen: true) { _ in Response(json: OpenAPI.description) }
      for file in PageFile.all {
        table.add(.get, file.path, isOpen: true) { _ in file.response }
      }
    }
  }

  extension Response {
    init(headers: HTTPFields, text: String) {
      self.init(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    fileprivate init() { self.init(status: .ok, json: .object([])) }
  }
#endif
