#if Serve
  import DenseNetTasks
  import HTTPTypes
  import Hummingbird
  import NIOCore

  extension ModelServer {
    /// `POST …/infer`
    func infer(_ call: RouteCall) async throws -> Response {
      let model = try models.model(call.model, version: call.version)
      let headerLength = try Self.headerLength(of: call.request)
      let response = try await withBody(of: call.request, call.connection) { body in
        let size = model.inputSize.map { [model.inputChannels, $0.height, $0.width] }
        let request = try await workers.run {
          try InferRequest(
            modelName: call.model, modelVersion: call.version, body: body, headerLength: headerLength,
            sample: size.map { (shape: $0, bytes: 4 * $0.reduce(1, *)) })
        }
        return try await cancelling(call.connection) { [self] in try await infer(request) }
      }
      let (json, binary) = response.encoded()
      var headers: HTTPFields = [.contentType: binary == nil ? "application/json" : "application/octet-stream"]
      if binary != nil { headers[.inferenceHeaderLength] = "\(json.count)" }
      return packed(json + (binary ?? []), headers, call.request)
    }

    private static func headerLength(of request: Request) throws(ServiceError) -> Int? {
      guard let text = request.headers[.inferenceHeaderLength] else { return nil }
      guard let length = Int(text), length >= 0 else {
        throw ServiceError(
          .invalidArgument, "Inference-Header-Content-Length: expected a whole number from 0, found \"\(shown(text))\"")
      }
      return length
    }

    /// An answer in the coding that the client accepts.
    private func packed(_ bytes: [UInt8], _ headers: HTTPFields, _ request: Request) -> Response {
      var headers = headers
      if let accepted = request.headers[.acceptEncoding], let coding = ContentCoding(accepted: accepted),
        let small = coding.packed(bytes)
      {
        headers[.contentEncoding] = coding.rawValue
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: small)))
      }
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    func cancelling<R: Sendable>(
      _ connection: Connection?, _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
      guard let connection else { return try await work() }
      return try await connection.cancelling(work)
    }

    /// `POST /predict`
    func predict(_ call: RouteCall) async throws -> Response {
      let type = call.request.headers[.contentType]?.lowercased() ?? ""
      // What curl says of any body is no reason to refuse it: application/x-www-form-urlencoded.
      guard !type.hasPrefix("multipart/") else {
        throw ServiceError(
          .unsupportedMedia,
          "expected the bytes of one picture as the body, found a form; with curl: --data-binary @picture.jpg")
      }
      var request = try PictureRequest(query: call.request)
      let answer = try await withBody(of: call.request, call.connection) { body in
        guard !body.isEmpty else {
          throw ServiceError(.invalidArgument, "expected the bytes of one picture as the body, found none")
        }
        request.file = body
        return try await cancelling(call.connection) { [request, self] in try await classify(request) }
      }
      return Response(json: answer.json)
    }
  }

  extension PictureRequest {
    fileprivate init(query request: Request) throws(ServiceError) {
      let query = request.uri.queryParameters
      func number(_ name: String, _ range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = query.get(name), !text.isEmpty else { return nil }
        guard let value = Int(text), range.contains(value) else {
          throw ServiceError(
            .invalidArgument,
            "\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound), found \"\(shown(text))\""
          )
        }
        return value
      }
      self.init(file: [])
      model = query.get("model")
      if let top = try number("top", 1...1_000_000) { self.top = top }
      mapClass = try number("class", 0...1_000_000)
      wantsMap = try number("cam", 0...1) == 1
    }
  }

  extension PictureAnswer {
    var json: JSON {
      var members: [(String, JSON)] = [("model", .string(model))]
      if let predictions {
        let list = predictions.map { item in
          JSON.object([
            ("class", .string(item.name)), ("index", .integer(item.index)), ("probability", .number(item.probability)),
          ])
        }
        members.append(("predictions", .array(list)))
      }
      if let labels {
        let list = labels.map { item in
          JSON.object([
            ("label", .string(item.name)), ("index", .integer(item.index)), ("probability", .number(item.probability)),
            ("decision", .bool(item.decision ?? false)), ("threshold", .number(thresholds?[item.index] ?? 0.5)),
          ])
        }
        members.append(("labels", .array(list)))
      }
      members.append(("milliseconds", .number((milliseconds * 1000).rounded() / 1000)))
      if let map {
        members.append(("cam", .string(Base64.text(of: map.png))))
        members.append(("cam_class", .integer(map.classIndex)))
        members.append(("cam_region", .array(map.region.map { .number($0) })))
      }
      return .object(members)
    }
  }
#endif
