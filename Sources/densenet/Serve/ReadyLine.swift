#if Serve
  import DenseNetServer
  import Synchronization

  /// The line of a server that is ready, which is written once all its ports are open.
  final class ReadyLine: Sendable {
    private let address: String
    private let waitsForGRPC: Bool
    private let ports = Mutex<(http: Int?, grpc: Int?)>((nil, nil))

    init(models: [String], _ options: HTTPService.Options, waitsForGRPC: Bool) {
      let scheme = options.tls == nil ? "http" : "https"
      let host = options.host.contains(":") ? "[\(options.host)]" : options.host
      address = "serving \(models.joined(separator: ", ")) on \(scheme)://\(host)"
      self.waitsForGRPC = waitsForGRPC
    }

    func set(http: Int? = nil, grpc: Int? = nil) {
      let ports = ports.withLock { ports in
        ports = (http ?? ports.http, grpc ?? ports.grpc)
        return ports
      }
      guard let http = ports.http, !waitsForGRPC || ports.grpc != nil else { return }
      printError("\(address):\(http)\(ports.grpc.map { " (gRPC \($0))" } ?? "")", prefix: "")
    }
  }
#endif
