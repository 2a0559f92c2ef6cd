#if Serve
  import DenseNetIO
  import DenseNets

  /// Why a request is refused or failed, whatever protocol it came by.
  public struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
      /// The request itself is wrong.
      case invalidArgument
      /// The request is larger than the server takes.
      case tooLarge
      /// The body is of a kind that is not understood here.
      case unsupportedMedia
      /// There is no valid token.
      case unauthenticated
      /// The request comes from a web page of another server.
      case forbidden
      /// The request names a server that this is not.
      case misdirected
      case notFound
      case methodNotAllowed
      /// The sender took too long.
      case tooSlow
      /// The server has too much to do, or is about to end; the same may succeed later.
      case unavailable
      /// The time that the request gave was up before there was a result.
      case timedOut
      /// The client wants no answer any more.
      case cancelled
      case internalError
    }

    public let code: Code
    /// One line; what comes from outside is escaped in it.
    public let message: String
    /// After how many seconds the same may succeed.
    public var retryAfter: Int?

    public init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
      self.code = code
      self.message = printable(message)
      self.retryAfter = retryAfter
    }

    public var description: String { message }

    static func tooLarge(_ limit: Int) -> ServiceError {
      ServiceError(.tooLarge, "the body: expected at most \(limit) bytes, found more; send fewer or smaller images")
    }

    static let tooManyBodies = ServiceError(
      .unavailable, "too many large requests at once; try again later", retryAfter: 1)

    static let sharedMemory = ServiceError(
      .invalidArgument, "shared memory: this server reads no client's memory; send the tensor itself")

    /// What a client is told of a failure of the library.
    init(_ failure: Failure) {
      let code: Code =
        switch failure.kind {
        case .usage, .invalidData, .missingInput: failure.isShortage ? .unavailable : .invalidArgument
        case .inputOutput: .unavailable
        case .internalError: .internalError
        }
      self.init(code, failure.description, retryAfter: code == .unavailable ? 1 : nil)
    }

    /// What a client is told of any error; nothing of the inside of the program.
    init(any error: any Error) {
      switch error {
      case let error as ServiceError: self = error
      case let failure as Failure: self.init(failure)
      case is CancellationError: self.init(.cancelled, "the request was cancelled")
      default: self.init(.internalError, "the server failed at this request; its log says more")
      }
    }
  }
#endif
