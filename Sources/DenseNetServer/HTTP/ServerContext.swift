#if Serve
  public import Hummingbird
  import HTTPTypes

  /// A context that knows its client's connection, so that work is given up where the client goes away and bodies are asked
  /// for only when they are wanted. A server's own context may conform too.
  public protocol ConnectionContext {
    /// Nil where the connection is not guarded.
    var requestConnection: RequestConnection? { get }
  }

  /// A client's connection.
  public struct RequestConnection: Sendable {
    let connection: Connection
  }

  /// The context of `densenet serve`.
  public struct ServerContext: RequestContext, ConnectionContext {
    public var coreContext: CoreRequestContextStorage
    public let requestConnection: RequestConnection?

    public init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
      requestConnection = OpenConnections.of(source.channel).map(RequestConnection.init)
    }
  }
#endif
