#if Serve
  import DenseNetData
  import DenseNetIO
  import DenseNetTasks
  import DenseNets
  import Foundation

  /// A folder of its own, which goes away with this object.
  final class Scratch: Sendable {
    let folder: URL

    init() throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("densenet server \(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Untrained weights of a small network for pictures of 8×8 pixels, with three names.
    @discardableResult
    func addWeights(_ name: String = "tiny.safetensors", seed: UInt64 = 3, labels: Bool = false) throws -> String {
      let model = try ModelChoice("densenet-bc-10-4").resolve(inputChannels: 3, numClasses: 3)
      let net = DenseNet(model.configuration, initialization: nil)
      net.initialize(seed: seed)
      var file = WeightsFile(stateOf: net)
      var card = ModelCard(
        model: model.name, configuration: model.configuration, classNames: ["cat", "dog", "a \"b\"\\"],
        preprocessing: try Preprocessing(
          inputChannels: 3, resize: .shorterSide(10), crop: [8, 8], mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4]))
      if labels { (card.activation, card.thresholds) = (.sigmoid, [0.1, 0.9, 0.5]) }
      file.card = card
      try file.write(to: URL(fileURLWithPath: path(name)))
      return path(name)
    }
  }

  /// What `densenet predict` makes of the same weights.
  struct Reference {
    let network: LoadedNetwork
    let predictor: Predictor

    init(_ weights: String) throws {
      network = try LoadedNetwork(weights: weights)
      predictor = Predictor(network.net)
    }

    func logits(_ images: Tensor) throws -> [Float] { try predictor.logits(images).values }

    func logits(ofPicture name: String) throws -> [Float] {
      try logits(try network.preprocessing().tensor(try DecodedImage(contentsOf: Pictures.path(name))))
    }
  }

  /// Whether logits are those of a pass with another number of images: sums of small maps are then made in another order,
  /// and rounded by up to 1e-6 of a value of 1.
  func isClose(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 }
  }

  /// Pictures that the decoder's tests use too.
  enum Pictures {
    static func path(_ name: String) -> String {
      URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../DenseNetDataTests/Fixtures/images/\(name)").standardizedFileURL.path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }
  }
#endif
