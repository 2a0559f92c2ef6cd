#if Serve
  import HTTPTypes
  import Hummingbird
  import NIOCore

  extension ServiceError {
    var status: HTTPResponse.Status {
      switch code {
      case .invalidArgument: .badRequest
      case .tooLarge: .contentTooLarge
      case .unsupportedMedia: .unsupportedMediaType
      case .unauthenticated: .unauthorized
      case .forbidden: .forbidden
      case .misdirected: .misdirectedRequest
      case .notFound: .notFound
      case .methodNotAllowed: .methodNotAllowed
      case .tooSlow: .requestTimeout
      case .unavailable, .timedOut, .cancelled: .serviceUnavailable
      case .internalError: .internalServerError
      }
    }

    /// `{"error": …}`, as the protocol's clients read it.
    var response: Response {
      var response = Response(status: status, json: .object([("error", .string(message))]))
      if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
      if code == .unauthenticated { response.headers[.wwwAuthenticate] = "Bearer" }
      return response
    }
  }

  extension Response {
    /// KServe's client reads an error only where the content type is exactly this.
    init(status: HTTPResponse.Status = .ok, json: JSON) {
      self.init(
        status: status, headers: [.contentType: "application/json"],
        body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
  }

  extension HTTPField.Name {
    static let inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")!
  }
#endif
