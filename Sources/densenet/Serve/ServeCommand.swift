#if Serve
  import ArgumentParser
  import DenseNetIO
  import DenseNetServer
  import DenseNetTasks
  import DenseNets
  import Foundation
  import Logging
  import ServiceLifecycle
  import UnixSignals

  struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve",
      abstract: "Serve models over HTTP and gRPC: the Open Inference Protocol for programs, a page for people.",
      discussion: """
        Any client of the protocol (Triton's, KServe's, OpenVINO Model Server's) can use it. A browser shows the page. \
        "curl --data-binary @picture.jpg localhost:8080/predict" classifies a picture.

        When it is ready, it writes one line to standard error. A model is read again when its file changes; a file that \
        cannot be read is reported, and the model that serves goes on. SIGTERM and Ctrl-C end the server once every \
        request is answered.
        """)

    @Argument(
      help:
        "The weights of a model, which is served under the file's name: safetensors, a PyTorch checkpoint, an ONNX model, or a folder.",
      transform: Path.parse)
    var weights: Path?

    @Option(
      help: ArgumentHelp(
        "A model by its name, and its weights; may be repeated. The same name again is another version, and so is each numbered file or folder in a folder.",
        valueName: "name=path"), transform: NamedWeights.parse)
    var model: [NamedWeights] = []

    @OptionGroup var network: NetworkOptions
    @OptionGroup var limits: ServeLimits
    @OptionGroup var access: AccessOptions
    @OptionGroup var compute: InferenceOptions

    func run() async throws {
      let named = try models()
      let token = try access.token(host: network.host)
      let device = try compute.device()
      let repository = ModelRepository(device: device, precision: compute.precision) { printError($0) }
      for model in named { try repository.add(model.name, path: model.path.text) }
      var configuration = ModelServer.Configuration()
      (configuration.queueCapacity, configuration.token) = (limits.maxQueue.value, token)
      configuration.largestBody = limits.maxBody.value << 20
      configuration.largestPicture = limits.maxPixels.value * 1_000_000
      let server = try ModelServer(repository, configuration: configuration)
      ProcessLimits.raiseOpenFiles()
      var logger = Logger(label: "densenet", factory: { _ in LineLog { printError($0) } })
      logger.logLevel = .error
      let options = try options()
      let ready = ReadyLine(models: repository.names, options, waitsForGRPC: network.grpcPort != nil)
      var services: [any Service] = [HTTPService(server, options: options, logger: logger) { ready.set(http: $0) }]
      if let port = network.grpcPort {
        let options = GRPCService.Options(options, port: port)
        services.append(GRPCService(server, options: options, logger: logger) { ready.set(grpc: $0) })
      }
      let group = ServiceGroup(
        configuration: .init(
          services: [
            .init(service: SecondSignal()),
            .init(service: JointServices(services), successTerminationBehavior: .gracefullyShutdownGroup),
          ],
          gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
      try await group.run()
    }

    private func models() throws -> [NamedWeights] {
      var named = model
      if let weights { named.insert(.init(name: ModelRepository.name(ofWeights: weights.text), path: weights), at: 0) }
      guard !named.isEmpty else {
        throw Failure(.usage, "expected the weights of a model, found none; name a file, or --model name=path")
      }
      return named
    }

    private func options() throws -> HTTPService.Options {
      var options = HTTPService.Options()
      (options.host, options.port) = (network.host, network.port)
      (options.hostNames, options.origins) = (network.hostName, network.allowOrigin)
      options.largestConnectionCount = limits.maxConnections.value
      options.drain = .milliseconds(Int(limits.drain.value * 1000))
      switch (access.tlsCertificate, access.tlsKey) {
      case (let certificate?, let key?): options.tls = (certificate.text, key.text)
      case (nil, nil): break
      default: throw Failure(.usage, "expected both --tls-certificate and --tls-key, found one; name the other too")
      }
      return options
    }
  }

  /// `NAME=PATH`
  struct NamedWeights {
    let name: String
    let path: Path

    static func parse(_ argument: String) throws -> NamedWeights {
      guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else {
        throw Failure(.usage, "expected name=path")
      }
      return NamedWeights(
        name: String(argument[..<sign]), path: try Path.parse(String(argument[argument.index(after: sign)...])))
    }
  }

  extension ServeCommand: NamesSettings {
    static let optionNames: [Failure.Setting: [String]] = ["inputTensors": [], "imageSize": [], "batchSize": []]
  }
#endif
