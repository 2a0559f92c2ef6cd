#if Serve
  import DenseNetData
  import DenseNetTasks
  import DenseNets
  import Foundation

  /// One version of a model in memory, ready to compute. It never changes: a reload makes another.
  final class ServedModel: Sendable {
    let name: String
    let version: String
    /// What is told of it where it is asked for.
    let card: ModelDescription
    /// How pictures become the network's input; nil where the network takes another number of channels than pictures have.
    let preprocessing: Preprocessing?
    let predictor: Predictor
    let minimumSide: Int
    /// As many images go through the network in one pass, at most: more are no faster.
    let batchLimit: Int
    let statistics: ModelStatistics

    var classNames: [String] { card.classes }
    /// Where an image has several labels: the probability of each from which on it is said to have it.
    var thresholds: [Double]? { card.thresholds }
    /// Height and width of the network's input; nil: any.
    var inputSize: (height: Int, width: Int)? { card.inputSize.map { ($0[0], $0[1]) } }
    var inputChannels: Int { predictor.configuration.inputChannels }

    /// Reads the weights, and tries how many images at a time the network is fastest with.
    /// - Parameter former: the version that this one takes the place of.
    /// - Throws: `Failure` where the file cannot be read or its network cannot be used.
    init(
      name: String, version: String, path: String, device: Device, precision: Precision? = nil, former: ServedModel?,
      statistics: ModelStatistics
    ) throws {
      var network = try LoadedNetwork(weights: path)
      try network.compute(in: precision)
      (self.name, self.version, self.statistics) = (name, version, statistics)
      let channels = network.configuration.inputChannels
      let preprocessing = channels == 1 || channels == 3 ? try network.preprocessing() : nil
      if let preprocessing { try network.requireSize(of: preprocessing, images: 1, device: device) }
      self.preprocessing = preprocessing
      minimumSide = network.net.minimumSize
      card = try ModelDescription(network, preprocessing: preprocessing)
      let size = try network.inputSize()
      if let former, former.predictor.configuration == network.configuration, former.card.inputSize == card.inputSize {
        batchLimit = former.batchLimit
      } else {
        // On a predictor of its own, since one keeps memory for the sizes that it has seen.
        let trial = try network.predictor(device: device)
        batchLimit = try Self.fastestBatch { images in try Self.time(images, size, trial) }
      }
      predictor = try network.predictor(device: device)
      _ = try Self.time(1, size, predictor)
    }

    private static func time(_ images: Int, _ size: (height: Int, width: Int), _ predictor: Predictor) throws
      -> Duration
    {
      let shape = [images, predictor.configuration.inputChannels, size.height, size.width]
      let input = Tensor(shape: shape, values: .init(repeating: 0, count: shape.reduce(1, *)))
      return try ContinuousClock().measure { _ = try predictor.logits(input) }
    }

    /// The number of images of a pass that is worth its while: each doubling must give at least 5% more images per second.
    private static func fastestBatch(_ time: (Int) throws -> Duration) throws -> Int {
      func best(_ images: Int) throws -> Double {
        _ = try time(images)
        return try (0..<3).map { _ in try time(images).inSeconds / Double(images) }.min()!
      }
      var (limit, seconds) = (1, try best(1))
      while limit < largestBatch {
        let next = try best(2 * limit)
        guard next * 1.05 <= seconds else { break }
        (limit, seconds) = (2 * limit, next)
      }
      return limit
    }

    /// No pass takes more images: one that is slow to end holds up all others.
    private static let largestBatch = 16
  }
#endif
