#if Serve
  import ArgumentParser
  import DenseNetIO
  import DenseNetServer
  import DenseNets
  import Foundation

  struct NetworkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
      parsing: .unconditional, help: ArgumentHelp("The port to listen on; 0 takes a free one.", valueName: "n"),
      transform: NetworkOptions.parsePort)
    var port = 8080

    @Option(
      name: .customLong("grpc-port"), parsing: .unconditional,
      help: ArgumentHelp(
        "The port for gRPC, at the same address; 0 takes a free one, off leaves gRPC out.", valueName: "n or off"),
      transform: { $0 == "off" ? -1 : try NetworkOptions.parsePort($0) })
    var grpc = 0
    /// Nil: no gRPC.
    var grpcPort: Int? { grpc < 0 ? nil : grpc }

    @Option(
      help: ArgumentHelp(
        "A further name by which clients call this server; may be repeated. Requests to names that are not the server's own are refused. Default: localhost, the machine's name, and addresses.",
        valueName: "name"))
    var hostName: [String] = []

    @Option(
      help: ArgumentHelp(
        "An origin such as https://example.org whose web pages may use this server (CORS); may be repeated. Default: none.",
        valueName: "origin"))
    var allowOrigin: [String] = []

    @Sendable private static func parsePort(_ argument: String) throws -> Int {
      guard let port = Int(argument), (0...65535).contains(port) else {
        throw Failure(.usage, "expected a port from 0 to 65535")
      }
      return port
    }
  }

  struct ServeLimits: ParsableArguments {
    @Option(
      number: "Images that are accepted and not answered yet; requests beyond get 503, or UNAVAILABLE over gRPC.",
      valueName: "images")
    var maxQueue: Positive = Positive(256)

    @Option(number: "Largest body of a request, or message over gRPC, in MiB.", valueName: "mib")
    var maxBody: Positive = Positive(64)

    @Option(number: "Largest picture, in millions of pixels.", valueName: "mp")
    var maxPixels: Positive = Positive(50)

    @Option(
      number:
        "Connections at once, over HTTP and over gRPC each. Where there are more, those go that have been idle the longest."
    )
    var maxConnections: Positive = Positive(2048)

    @Option(
      number: "Seconds in which connections are still accepted after SIGTERM, with /v2/health/ready at 503.",
      valueName: "seconds")
    var drain: NonNegativeReal = NonNegativeReal(10)

    func validate() throws {
      try maxQueue.require(atMost: 1 << 20, "--max-queue")
      try maxBody.require(atMost: 1024, "--max-body")
      try maxPixels.require(atMost: 178, "--max-pixels")
      try maxConnections.require(atMost: 1 << 20, "--max-connections")
      guard drain.value <= 86_400 else {
        throw Failure(.usage, "--drain: expected at most 86400 seconds, found \(drain.value)")
      }
    }
  }

  struct AccessOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A file with the token that requests must carry (Authorization: Bearer …); health and the page stay open. Default: none.",
        valueName: "file"), transform: Path.parse)
    var tokenFile: Path?

    @Flag(help: "Let --host reach beyond this machine without a token.")
    var insecure = false

    @Option(
      help: ArgumentHelp("The server's certificate chain for TLS, in PEM. Default: no TLS.", valueName: "file"),
      transform: Path.parse)
    var tlsCertificate: Path?

    @Option(help: ArgumentHelp("The key of that certificate, in PEM.", valueName: "file"), transform: Path.parse)
    var tlsKey: Path?

    /// - Throws: `Failure(.usage)` where others could reach the server without a token, and that is not asked for.
    func token(host: String) throws -> [UInt8]? {
      if let tokenFile { return try BearerToken.read(from: tokenFile.text) }
      var options = HTTPService.Options()
      options.host = host
      guard options.isLoopback || insecure else {
        throw Failure(
          .usage,
          "--host \(host): it is reached from other machines, and anybody there could use this server; give --token-file, or --insecure to let them"
        )
      }
      return nil
    }
  }
#endif
