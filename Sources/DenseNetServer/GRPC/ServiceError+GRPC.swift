#if Serve
  import GRPCCore

  extension ServiceError {
    /// A full queue is `UNAVAILABLE`, as Triton has it: clients try that again by themselves.
    var statusCode: RPCError.Code {
      switch code {
      case .invalidArgument, .unsupportedMedia, .misdirected, .methodNotAllowed: .invalidArgument
      case .tooLarge: .resourceExhausted
      case .unauthenticated: .unauthenticated
      case .forbidden: .permissionDenied
      case .notFound: .notFound
      case .tooSlow, .timedOut: .deadlineExceeded
      case .cancelled: .cancelled
      case .unavailable: .unavailable
      case .internalError: .internalError
      }
    }

    var rpcError: RPCError {
      let metadata: Metadata = retryAfter.map { ["grpc-retry-pushback-ms": "\($0 * 1000)"] } ?? [:]
      return RPCError(code: statusCode, message: message, metadata: metadata)
    }
  }

  extension RPCError {
    /// What a client is told of any error; what the library itself refuses is told as it says it.
    init(any error: any Error) {
      switch error {
      case let error as RPCError: self = error
      default: self = ServiceError(any: error).rpcError
      }
    }
  }
#endif
