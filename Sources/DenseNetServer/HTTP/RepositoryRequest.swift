#if Serve
  import DenseNetIO

  /// The bodies of repository requests: empty, or a JSON object.
  struct RepositoryRequest {
    /// Whether only models in memory are asked for.
    private(set) var readyOnly = false

    init(index body: [UInt8]) throws {
      try Self.read(body) { scanner, key throws(JSONProblem) in
        if key == "ready" { readyOnly = try scanner.bool() } else { try scanner.skipValue() }
      }
    }

    /// Of a load or an unload. What would bring a file or a configuration is refused: no request does.
    static func requireNoFiles(_ body: [UInt8]) throws {
      var found: ServiceError?
      try read(body) { scanner, key throws(JSONProblem) in
        guard key == "parameters" else { return try scanner.skipValue() }
        try scanner.object { scanner, key throws(JSONProblem) in
          do throws(ServiceError) { try ModelServer.requireNoFile(key) } catch { found = error }
          try scanner.skipValue()
        }
      }
      if let found { throw found }
    }

    private static func read(
      _ body: [UInt8], _ member: (inout JSONScanner, String) throws(JSONProblem) -> Void
    ) throws {
      guard !body.isEmpty else { return }
      var scanner = JSONScanner(body)
      do throws(JSONProblem) {
        try scanner.object(member)
        try scanner.end()
      } catch {
        throw ServiceError(.invalidArgument, "the request's JSON: \(error.reason), at byte \(error.position)")
      }
    }
  }
#endif
