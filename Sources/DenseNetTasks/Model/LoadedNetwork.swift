import DenseNetData
public import DenseNetIO
public import DenseNets
import Foundation

/// A network with its weights, and what these say of its classes and its preprocessing.
///
/// ```swift
/// let network = try LoadedNetwork(weights: "model.safetensors")
/// let names = try network.classNames()
/// ```
public struct LoadedNetwork {
  public let chosen: ChosenModel
  public let net: DenseNet
  /// What the file says of its model.
  public private(set) var card: ModelCard
  /// Set where the weights are quantized, and inference is to compute with bytes; see ``compute(in:)``.
  public internal(set) var quantization: Quantization?
  /// All that the file says, ``card`` included.
  package let metadata: [String: String]
  /// The path of the weights, for messages.
  public let source: String
  /// The file that says what ``card`` has, for messages.
  private let describedBy: String
  /// What was chosen and what was left out when the weights were read, a line each.
  public let notes: [Remark]

  /// Reads weights into the network that is chosen or that the file names; classes and channels are the file's.
  /// - Parameters:
  ///   - path: a safetensors file, a PyTorch checkpoint, an ONNX model, or a folder of weights.
  ///   - entry: the part of a checkpoint to read, its keys joined by dots; nil: the usual one, see `WeightsReader`.
  ///   - model: needed only where the weights do not say what they are of.
  /// - Throws: `Failure` where there is no such network, or the weights are not its own.
  public init(weights path: String, entry: String? = nil, model: ModelChoice = ModelChoice()) throws {
    let file = try WeightsFile(contentsOf: URL(fileURLWithPath: path), entry: entry)
    let plain = DenseNet(try model.resolve(file).configuration, initialization: nil)
    chosen = try model.resolve(
      file, inputChannels: file.inputChannels(of: plain), numClasses: file.numClasses(of: plain))
    net = chosen.configuration == plain.configuration ? plain : DenseNet(chosen.configuration, initialization: nil)
    try file.load(into: net)
    quantization = file.quantization
    do throws(Failure) { try quantization?.requireFit(to: net) } catch {
      throw Failure(error.kind, "\(path): \(error.description)")
    }
    (card, metadata) = (file.card, file.metadata)
    (source, describedBy, notes) = (path, file.describedBy, file.notes)
  }

  public var configuration: DenseNet.Configuration { chosen.configuration }

  /// What the weights say of their preprocessing, else the one that such networks are trained with.
  /// - Throws: `Failure(.invalidData)` where the weights say something that makes no sense, `usage` for a network that
  ///   is not one of images.
  public func preprocessing() throws -> Preprocessing {
    let channels = configuration.inputChannels
    guard channels == 1 || channels == 3 else {
      throw Failure(
        .usage, "\(source): the network takes \(channels) channels, images have 1 or 3; use tensors as input",
        settings: ["inputTensors"])
    }
    guard let preprocessing = try card.preprocessing?.value else { return chosen.standardPreprocessing }
    guard preprocessing.inputChannels == channels else {
      throw Failure(
        .invalidData,
        "\(describedBy): its preprocessing yields \(preprocessing.inputChannels) channels, expected \(channels) as its weights take; correct the file's metadata, or convert the weights again"
      )
    }
    return preprocessing
  }

  /// The height and width of the images that the weights are for, else that such networks are made for, in pixels.
  public func inputSize() throws -> (height: Int, width: Int) {
    guard card.preprocessing != nil, let size = try preprocessing().fixedInputSize else {
      return (chosen.imageSide, chosen.imageSide)
    }
    return size
  }

  /// The name of every class: those in the weights, else ImageNet's for 1,000 classes, else numbers from 0.
  /// - Parameter file: a text file with the name of a class a line, before all else.
  /// - Throws: `Failure` where names are given for another number of classes.
  public func classNames(file: String? = nil) throws -> [String] {
    let count = configuration.numClasses
    if let file { return try ClassFile.names(contentsOf: file, count: count) }
    if let names = card.classNames {
      guard names.count == count else {
        throw Failure(
          .invalidData,
          "\(describedBy): it names \(names.count) classes, expected \(count) as its weights have; give their names in a file",
          settings: ["classNames"])
      }
      return names
    }
    return count == ImageNetLabels.classNames.count ? ImageNetLabels.classNames : (0..<count).map(String.init)
  }

  /// Names the classes by a text file, one per line, instead of what the weights say.
  /// - Throws: as ``classNames(file:)``.
  public mutating func nameClasses(file: String) throws { card.classNames = try classNames(file: file) }

  /// What makes probabilities of the logits: a sigmoid for one output, whose softmax would always be 1; for more, what the
  /// weights say, else a softmax.
  public var activation: OutputActivation {
    configuration.numClasses == 1 ? .sigmoid : card.activation ?? .softmax
  }

  /// From which probability on an image is said to have each label: what the weights say, else 0.5.
  /// - Throws: `Failure(.invalidData)` where they say it of other labels, or something that is no probability.
  public func thresholds() throws(Failure) -> [Double] {
    guard let own = card.thresholds else { return [Double](repeating: 0.5, count: configuration.numClasses) }
    guard own.count == configuration.numClasses, own.allSatisfy({ (0...1).contains($0) }) else {
      throw Failure(
        .invalidData,
        "\(source): expected \(configuration.numClasses) thresholds from 0 to 1, one per label, found \(own.count) that are not all so; correct the file's metadata, or name one threshold",
        settings: ["threshold"])
    }
    return own
  }

  /// What can be known of the work before it begins.
  /// - Parameter images: per batch.
  /// - Throws: `Failure(.usage)` where images of that size do not suit the network, or a batch of them the memory.
  public func requireSize(of preprocessing: Preprocessing, images: Int, device: Device) throws {
    guard let size = preprocessing.fixedInputSize else { return }
    try MemoryRequirement.requireSide(min(size.height, size.width), for: net)
    try MemoryRequirement(images: images, side: max(size.height, size.width))
      .require(for: net, training: false, batches: 4, device: device)
  }
}
