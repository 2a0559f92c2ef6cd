import DenseNetReports
package import DenseNets

/// How fast replicas can talk, and what share of training that takes.
package struct LinkEstimate {
  /// Of a sum of a few numbers, in seconds.
  package let latency: Double
  /// Of a sum of many, in bytes per second.
  package let bandwidth: Double

  /// Measures sums of all replicas: the median of several.
  package init(among replicas: any Replicas) {
    func seconds(_ count: Int, _ body: () -> Void) -> Double {
      body()
      let times = (0..<count).map { _ in ContinuousClock().measure(body).inSeconds }
      return times.sorted()[count / 2]
    }
    var one = [0.0]
    let small = seconds(31) { replicas.sum(&one) }
    let values = [Float](repeating: 1, count: 1 << 18)
    let large = seconds(5) {
      replicas.beginSum(values)
      _ = replicas.finishSums()
    }
    // All replicas go by the same numbers.
    var all = [small, large]
    replicas.sum(&all)
    latency = max(1e-7, all[0] / Double(replicas.count))
    bandwidth = 4 * Double(values.count) / max(1e-6, all[1] / Double(replicas.count) - latency)
  }

  /// What an update of a network asks of the links.
  package struct Load {
    /// Of all gradients.
    package var bytes: Double
    /// Messages that the gradients are cut into.
    package var buckets: Int
    /// Sums that computation waits for: of statistics, of the loss.
    package var waits: Int
    /// Of one image's forward and backward pass on a replica.
    package var secondsPerImage: Double

    /// Seconds of communication that computation does not hide, for a replica with so many images.
    func exposed(_ link: LinkEstimate, images: Double) -> Double {
      let sums = bytes / link.bandwidth + Double(buckets) * link.latency
      // Two thirds of a step are its backward pass; the sum of what that finishes last is not hidden.
      let hidden = 2 / 3 * images * secondsPerImage
      let last = sums / Double(max(1, buckets))
      return Double(waits) * link.latency + max(last, sums - hidden)
    }

    /// The share of an update's time.
    package func share(_ link: LinkEstimate, images: Double) -> Double {
      let exposed = exposed(link, images: images)
      return exposed / (exposed + images * secondsPerImage)
    }
  }

  /// What a person should know before the first step.
  func line(_ load: Load, batchSize: Int, ranks: Int) -> String {
    func share(_ batch: Int) -> Double { load.share(self, images: Double(batch) / Double(ranks)) }
    func percent(_ share: Double) -> String { "\(TextFormat.fixed(100 * share, decimals: share < 0.1 ? 1 : 0))%" }
    var line =
      "\(ranks) ranks: latency \(TextFormat.fixed(latency * 1e6, decimals: 0)) µs, bandwidth \(TextFormat.fixed(bandwidth * 1e-6, decimals: 0)) MB/s; "
      + "predicted share of communication \(percent(share(batchSize))) (\(TextFormat.fixed(load.bytes * 1e-6, decimals: 1)) MB of gradients, \(load.waits) waits per update)"
    guard share(batchSize) > 0.2 else { return line }
    var larger = batchSize
    while larger < 1 << 20, share(larger) > 0.2 { larger *= 2 }
    line += share(larger) <= 0.2 ? "; batches of \(larger) would have \(percent(share(larger)))" : "; use faster links"
    return line
  }
}

extension LinkEstimate.Load {
  /// - Parameters:
  ///   - shape: of a replica's part of a batch.
  ///   - batchNorm: sums of statistics are waited for in both passes.
  package init(_ net: DenseNet, shape: [Int], batchNorm: BatchNormStatistics) {
    bytes = Double(4 * net.parameterCount)
    buckets = net.configuration.blockLayers.count + 1
    waits = 4 + (batchNorm == .synchronized ? 2 * net.namedBatchNorms.count : 0)
    secondsPerImage = Self.secondsPerImage(net.configuration, shape)
  }

  /// The second of two steps of a network of its own, on a few images.
  private static func secondsPerImage(_ configuration: DenseNet.Configuration, _ shape: [Int]) -> Double {
    let net = DenseNet(configuration, initialization: nil)
    net.initialize(seed: 0)
    let images = max(2, min(shape[0], 8))
    let batch = LabeledBatch(
      images: .randn([images] + shape.dropFirst(), seed: 0), labels: [Int32](repeating: 0, count: images))
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0))
    var seconds = 0.0
    for _ in 0..<2 { seconds = ContinuousClock().measure { _ = trainer.learn(batch) }.inSeconds }
    return seconds / Double(images)
  }
}
