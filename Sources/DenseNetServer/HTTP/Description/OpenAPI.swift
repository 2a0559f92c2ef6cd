#if Serve
  import DenseNets

  /// The server's OpenAPI 3.1 description, `GET /openapi.json`.
  enum OpenAPI {
    static let description: JSON = .object([
      ("openapi", .string("3.1.0")),
      (
        "info",
        .object([
          ("title", .string("densenet serve")), ("version", .string(PackageVersion.current)),
          (
            "description",
            .string(
              "Image classification with DenseNets: the Open Inference Protocol v2, with Triton's extensions for binary "
                + "tensors, classification, configuration, statistics and the model repository; and /predict for pictures."
            )
          ),
          ("license", .object([("name", .string("Apache-2.0")), ("identifier", .string("Apache-2.0"))])),
        ])
      ),
      ("paths", .object(paths)),
      (
        "components",
        .object([
          ("schemas", .object(schemas)),
          (
            "securitySchemes",
            .object([("token", .object([("type", .string("http")), ("scheme", .string("bearer"))]))])
          ),
        ])
      ),
      ("security", .array([.object([("token", .array([]))]), .object([])])),
    ])

    // MARK: - Paths

    private static var paths: [(String, JSON)] {
      var paths: [(String, JSON)] = [
        ("/v2/health/live", get("Whether the server runs", "Live", isOpen: true)),
        ("/v2/health/ready", get("Whether the server takes requests and its models are loaded", "Ready", isOpen: true)),
        ("/v2", get("The server and its extensions", "ServerMetadata")),
        ("/v2/models", get("The names of all models", "ModelList")),
        ("/v2/models/stats", get("What was done for all models", "Statistics")),
      ]
      for (path, parameters) in [
        ("/v2/models/{model}", [modelParameter]),
        ("/v2/models/{model}/versions/{version}", [modelParameter, versionParameter]),
      ] {
        paths.append((path, get("A model's tensors, and its classes", "ModelMetadata", parameters)))
        paths.append((path + "/ready", get("Whether a model is loaded", "ModelReady", parameters)))
        paths.append(
          (path + "/config", get("A model's configuration in Triton's terms", "ModelConfiguration", parameters)))
        paths.append((path + "/stats", get("What was done for a model", "Statistics", parameters)))
        paths.append((path + "/infer", infer(parameters)))
      }
      paths.append(
        ("/v2/repository/index", post("All models and versions", "RepositoryIndexRequest", "RepositoryIndex")))
      paths.append(
        (
          "/v2/repository/models/{model}/load",
          post("Read a model's file again", "RepositoryModelRequest", "Empty", [modelParameter])
        ))
      paths.append(
        (
          "/v2/repository/models/{model}/unload",
          post("Take a model out of memory", "RepositoryModelRequest", "Empty", [modelParameter])
        ))
      paths.append(("/predict", predict))
      paths.append(
        ("/metrics", file("What the server has done, in Prometheus' text format", "text/plain", isOpen: false)))
      paths.append(("/openapi.json", get("This description", "Description", isOpen: true)))
      paths.append(("/", file("A page for people", "text/html", isOpen: true)))
      return paths
    }

    private static let modelParameter = parameter("model", in: "path", .object([("type", .string("string"))]))
    private static let versionParameter = parameter("version", in: "path", .object([("type", .string("string"))]))

    private static func parameter(_ name: String, in place: String, _ schema: JSON) -> JSON {
      .object([
        ("name", .string(name)), ("in", .string(place)), ("required", .bool(place == "path")), ("schema", schema),
      ])
    }

    private static func get(
      _ summary: String, _ schema: String, _ parameters: [JSON] = [], isOpen: Bool = false
    ) -> JSON {
      .object([("get", operation(summary, parameters, nil, answer(schema), isOpen: isOpen))])
    }

    private static func post(_ summary: String, _ request: String, _ schema: String, _ parameters: [JSON] = []) -> JSON
    {
      let body = JSON.object([
        ("required", .bool(false)), ("content", content(["application/json": reference(request)])),
      ])
      return .object([("post", operation(summary, parameters, body, answer(schema)))])
    }

    private static func file(_ summary: String, _ type: String, isOpen: Bool) -> JSON {
      let answer = JSON.object([
        ("description", .string("The text")), ("content", content([type: .object([("type", .string("string"))])])),
      ])
      return .object([("get", operation(summary, [], nil, answer, isOpen: isOpen))])
    }

    private static func infer(_ parameters: [JSON]) -> JSON {
      let length = parameter(
        "Inference-Header-Content-Length", in: "header",
        .object([("type", .string("integer")), ("minimum", .integer(0))]))
      let body = JSON.object([
        ("required", .bool(true)),
        (
          "content",
          content(["application/json": reference("InferenceRequest"), "application/octet-stream": binary])
        ),
      ])
      let answer = JSON.object([
        ("description", .string("The tensors; with binary outputs, JSON and bytes after it")),
        ("content", content(["application/json": reference("InferenceResponse"), "application/octet-stream": binary])),
      ])
      return .object([("post", operation("Run a model on tensors or pictures", parameters + [length], body, answer))])
    }

    private static var predict: JSON {
      func query(_ name: String, _ members: [(String, JSON)]) -> JSON { parameter(name, in: "query", .object(members)) }
      let parameters = [
        query("model", [("type", .string("string"))]),
        query("top", [("type", .string("integer")), ("minimum", .integer(1)), ("maximum", .integer(1_000_000))]),
        query("cam", [("type", .string("integer")), ("enum", .array([.integer(0), .integer(1)]))]),
        query("class", [("type", .string("integer")), ("minimum", .integer(0)), ("maximum", .integer(1_000_000))]),
      ]
      let pictures = [
        "application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff",
      ]
      let body = JSON.object([
        ("required", .bool(true)),
        ("content", content(Dictionary(uniqueKeysWithValues: pictures.map { ($0, binary) }))),
      ])
      return .object([("post", operation("Classify one picture", parameters, body, answer("Prediction")))])
    }

    private static let binary = JSON.object([])

    private static func operation(
      _ summary: String, _ parameters: [JSON], _ body: JSON?, _ answer: JSON, isOpen: Bool = false
    ) -> JSON {
      let error = JSON.object([
        ("description", .string("What was expected, and what was found")),
        ("content", content(["application/json": reference("Error")])),
      ])
      let statuses = ["400", "401", "403", "404", "405", "408", "413", "415", "421", "500", "503"]
      var members: [(String, JSON)] = [("summary", .string(summary)), ("parameters", .array(parameters))]
      if let body { members.append(("requestBody", body)) }
      // A server that is not ready says so in the same words.
      let own = summary.hasPrefix("Whether the server takes") ? statuses.filter { $0 != "503" } : statuses
      var responses = [("200", answer)] + own.map { ($0, error) }
      if own.count < statuses.count { responses.append(("503", answer)) }
      members.append(("responses", .object(responses)))
      if isOpen { members.append(("security", .array([]))) }
      return .object(members)
    }

    private static func answer(_ schema: String) -> JSON {
      .object([
        ("description", .string("The answer")), ("content", content(["application/json": reference(schema)])),
      ])
    }

    private static func content(_ schemas: [String: JSON]) -> JSON {
      .object(schemas.sorted { $0.key < $1.key }.map { ($0.key, .object([("schema", $0.value)])) })
    }

    static func reference(_ schema: String) -> JSON { .object([("$ref", .string("#/components/schemas/\(schema)"))]) }
  }
#endif
