import DenseNetData
public import DenseNets

/// Classifies images with a network.
///
/// ```swift
/// let network = try LoadedNetwork(weights: "model.safetensors")
/// let classifier = try ImageClassifier(network)
/// for prediction in try classifier.classify("cat.jpg", top: 3) { print(prediction.name, prediction.probability) }
/// ```
/// For many files, see ``PredictionTask``.
public struct ImageClassifier: Sendable {
  /// How images become the network's input.
  public let preprocessing: Preprocessing
  /// The name of every class.
  public let classNames: [String]
  /// Where an image has several labels: the probability of each from which on it is said to have it; nil: it has one
  /// class.
  public let thresholds: [Double]?
  public let views: TestTimeAugmentation
  let predictor: Predictor
  let minimumSide: Int
  /// The file of the weights, for messages.
  let source: String

  /// - Parameters:
  ///   - preprocessing: nil: what the weights say, else what such networks are trained with.
  ///   - classNames: nil: those in the weights, else ImageNet's for 1,000 classes, else numbers.
  ///   - threshold: for several labels, in place of those in the weights.
  ///   - views: how often each image is looked at.
  /// - Throws: `Failure` where the weights say something of them that makes no sense, `Failure(.usage)` for a threshold
  ///   where they are for one class per image.
  public init(
    _ network: LoadedNetwork, preprocessing: Preprocessing? = nil, classNames: [String]? = nil,
    threshold: Double? = nil, views: TestTimeAugmentation = .none, device: Device = .current
  ) throws {
    self.preprocessing = try preprocessing ?? network.preprocessing()
    self.classNames = try classNames ?? network.classNames()
    if network.activation == .sigmoid {
      let count = network.configuration.numClasses
      thresholds = try threshold.map { [Double](repeating: $0, count: count) } ?? network.thresholds()
    } else {
      guard threshold == nil else {
        throw Failure(
          .usage,
          "threshold: applies to weights for several labels, found \(network.source), which are for one class per image; leave it out",
          settings: ["threshold"])
      }
      thresholds = nil
    }
    self.views = views
    predictor = try network.predictor(device: device)
    minimumSide = network.net.minimumSize
    source = network.source
  }

  /// The most probable classes of an image, the most probable first; where an image has several labels, all of them.
  /// - Parameter path: an image file.
  /// - Throws: `Failure` where the image cannot be read, or is too small for the network.
  public func classify(_ path: String, top: Int = 5) throws -> [ClassProbability] {
    let loader = try ImageLoader([path], preprocessing: preprocessing, batchSize: 1, minimumSide: minimumSide)
    guard let batch = loader.next() else { throw Failure(.internalError, "\(path): the loader gave no image") }
    guard let images = batch.images else { throw batch.skipped[0].failure }
    return try classify(images, top: top, names: [path]).predictions[0]
  }

  /// The most probable classes of each image, and from the same pass what else is asked for.
  /// - Parameters:
  ///   - images: `[N, C, H, W]`, normalised.
  ///   - names: of the images, for messages.
  ///   - outputs: of the original images, whatever ``views``.
  func classify(
    _ images: Tensor, top: Int, names: [String], outputs: Predictor.Outputs = []
  ) throws -> (predictions: [[ClassProbability]], output: Predictor.Output?) {
    var first: Predictor.Output?
    let logits = try views.logits(images, activation: thresholds == nil ? .softmax : .sigmoid) { view in
      // The first view is the image itself.
      let output = try predictor.run(view, outputs: first == nil ? outputs.union(.logits) : .logits)
      if first == nil { first = output }
      return output.logits!
    }
    let top = try ClassProbability.top(
      top, of: logits, thresholds: thresholds, names: classNames, source: source, images: names)
    return (top, first)
  }
}
