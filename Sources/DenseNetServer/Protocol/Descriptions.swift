#if Serve
  /// What the protocol tells of the server and its models, as JSON.
  extension ModelServer {
    /// Parts of the protocol beyond its core that this server has.
    static let extensions = [
      "classification", "model_configuration", "model_repository", "statistics",
      "binary_tensor_data", "parameters",
    ]

    var serverMetadata: JSON {
      .object([
        ("name", .string("densenet")), ("version", .string(configuration.version)),
        ("extensions", .strings(Self.extensions)),
      ])
    }

    /// - Throws: `ServiceError(.notFound)`.
    func metadata(_ name: String, version: String?) throws(ServiceError) -> JSON {
      let model = try models.model(name, version: version)
      let versions = try models.versions(of: name).filter { $0.model != nil }.map(\.name)
      var parameters: [(String, JSON)] = [
        ("architecture", .string(model.card.architecture)), ("kind", .string(model.card.kind)),
        ("classes", .strings(model.classNames)),
      ]
      if let thresholds = model.thresholds { parameters.append(("thresholds", .array(thresholds.map { .number($0) }))) }
      if let size = model.card.inputSize { parameters.append(("input_size", .array(size.map { .integer($0) }))) }
      parameters.append(("takes_pictures", .bool(model.card.takesPictures)))
      return .object([
        ("name", .string(name)), ("versions", .strings(version.map { $0.isEmpty ? versions : [$0] } ?? versions)),
        ("platform", .string("densenet")),
        ("inputs", .array([Self.tensor("input", model.card.inputShape)])),
        ("outputs", .array([Self.tensor("logits", model.card.outputShape)])),
        ("parameters", .object(parameters)),
      ])
    }

    private static func tensor(_ name: String, _ shape: [Int]) -> JSON {
      .object([("name", .string(name)), ("datatype", .string("FP32")), ("shape", .array(shape.map { .integer($0) }))])
    }

    /// In Triton's terms, whose clients ask for it.
    func modelConfiguration(_ name: String, version: String?) throws(ServiceError) -> JSON {
      let model = try models.model(name, version: version)
      func tensor(_ name: String, _ shape: [Int]) -> JSON {
        .object([
          ("name", .string(name)), ("data_type", .string("TYPE_FP32")),
          ("dims", .array(shape.dropFirst().map { .integer($0) })),
        ])
      }
      return .object([
        ("name", .string(name)), ("platform", .string("densenet")), ("backend", .string("densenet")),
        ("version_policy", .object([("all", .object([]))])),
        ("max_batch_size", .integer(configuration.queueCapacity)),
        ("input", .array([tensor("input", model.card.inputShape)])),
        ("output", .array([tensor("logits", model.card.outputShape)])),
        (
          "instance_group",
          .array([.object([("name", .string(name)), ("kind", .string("KIND_CPU")), ("count", .integer(1))])])
        ),
        ("parameters", .object([])),
        ("model_transaction_policy", .object([("decoupled", .bool(false))])),
      ])
    }

    /// - Parameter name: nil: of all models.
    func statistics(_ name: String?, version: String?) throws(ServiceError) -> JSON {
      if let name { _ = try models.model(name, version: version) }
      var stats: [JSON] = []
      for (model, versions) in models.all where name == nil || name == model {
        for own in versions where version == nil || version == "" || version == own.name {
          stats.append(Self.statistics(model, own.name, own.statistics.values))
        }
      }
      return .object([("model_stats", .array(stats))])
    }

    private static func statistics(_ name: String, _ version: String, _ values: ModelStatistics.Values) -> JSON {
      func sum(_ sum: ModelStatistics.Sum) -> JSON {
        .object([("count", .integer(sum.count)), ("ns", .integer(sum.nanoseconds))])
      }
      let none = sum(.init())
      let batches = values.batches.sorted { $0.key < $1.key }.map { size, time in
        JSON.object([
          ("batch_size", .integer(size)), ("compute_input", none), ("compute_infer", sum(time)),
          ("compute_output", none),
        ])
      }
      return .object([
        ("name", .string(name)), ("version", .string(version)), ("last_inference", .integer(values.last)),
        ("inference_count", .integer(values.images)), ("execution_count", .integer(values.passes)),
        (
          "inference_stats",
          .object([
            ("success", sum(values.success)), ("fail", sum(values.fail)), ("queue", sum(values.queue)),
            ("compute_input", sum(values.input)), ("compute_infer", sum(values.inference)),
            ("compute_output", sum(values.output)), ("cache_hit", none), ("cache_miss", none),
          ])
        ),
        ("batch_stats", .array(batches)),
      ])
    }

    /// - Parameter parameter: the name of one in a request to load or unload a model.
    /// - Throws: `ServiceError` where it would bring a file or a configuration: no request does.
    static func requireNoFile(_ parameter: String) throws(ServiceError) {
      guard parameter == "config" || parameter.hasPrefix("file:") else { return }
      throw ServiceError(
        .invalidArgument, "parameters: \"\(shown(parameter))\" is not taken: models come from this server's own files")
    }

    /// - Parameter readyOnly: leaves out what is not in memory.
    func repositoryIndex(readyOnly: Bool) -> JSON {
      .array(
        models.all.flatMap { name, versions in
          versions.filter { !readyOnly || $0.model != nil }.map { version in
            .object([
              ("name", .string(name)), ("version", .string(version.name)),
              ("state", .string(version.model == nil ? "UNAVAILABLE" : "READY")), ("reason", .string(version.reason)),
            ])
          }
        })
    }
  }
#endif
