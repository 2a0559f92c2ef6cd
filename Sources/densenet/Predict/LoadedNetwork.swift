import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// A network with its weights, and what these say about it.
struct LoadedNetwork {
  let chosen: ChosenModel
  let net: DenseNet
  let card: ModelCard
  /// The file of the weights, for messages.
  let source: String

  /// Reads weights into the network that the options or the file name; classes and channels are the file's.
  /// - Throws: ``Failure`` where there is no such network, or the weights are not its own.
  init(weights: Path, model: ModelOptions) throws {
    let file = try WeightsFile(contentsOf: weights.url)
    let stated = file.networkCard
    let plain = DenseNet(try model.resolve(card: stated).configuration, initialization: nil)
    chosen = try model.resolve(
      card: stated, inputChannels: file.inputChannels(of: plain), numClasses: file.numClasses(of: plain))
    net = chosen.configuration == plain.configuration ? plain : DenseNet(chosen.configuration, initialization: nil)
    try file.load(into: net)
    card = file.card
    source = weights.text
  }

  var configuration: DenseNet.Configuration { chosen.configuration }

  /// What the weights say of their preprocessing, else the one that such networks are trained with.
  /// - Throws: `Failure(.invalidData)` where the weights say something that makes no sense, `usage` for a network that
  ///   is not one of images.
  func preprocessing() throws -> Preprocessing {
    let channels = configuration.inputChannels
    guard channels == 1 || channels == 3 else {
      throw Failure(
        .usage, "\(source): the network takes \(channels) channels, images have 1 or 3; use --input-tensors")
    }
    guard let preprocessing = try card.preprocessing?.value else { return chosen.standardPreprocessing }
    guard preprocessing.inputChannels == channels else {
      throw Failure(
        .invalidData,
        "\(source): its preprocessing makes \(preprocessing.inputChannels) channels, expected \(channels) as its weights take; correct the file's metadata, or convert the weights again"
      )
    }
    return preprocessing
  }

  /// The name of every class.
  /// - Parameter file: one a line, before all else.
  /// - Throws: ``Failure`` where names are given for another number of classes.
  func classNames(file: Path?) throws -> [String] {
    let count = configuration.numClasses
    if let file { return try ClassFile.read(file, count: count) }
    if let names = card.classNames {
      guard names.count == count else {
        throw Failure(
          .invalidData,
          "\(source): it names \(names.count) classes, expected \(count) as its weights have; give them with --classes")
      }
      return names
    }
    return count == ImageNetLabels.classNames.count ? ImageNetLabels.classNames : (0..<count).map(String.init)
  }

  /// What can be known of the work before it begins.
  /// - Throws: `Failure(.usage)` where images of that size do not suit the network, or a batch of them the memory.
  func requireSize(of preprocessing: Preprocessing, images: Int, device: Device) throws {
    guard let size = preprocessing.fixedInputSize else { return }
    try MemoryRequirement.requireSide(min(size.height, size.width), for: net, option: "--resize and --crop")
    try MemoryRequirement(images: images, side: max(size.height, size.width), option: "--resize or --crop")
      .require(for: net, training: false, batches: 4, device: device)
  }
}

extension ChosenModel {
  /// How images are prepared for such networks, where nothing else is known.
  var standardPreprocessing: Preprocessing {
    let channels = configuration.inputChannels
    guard configuration.stem == .imageNet, configuration.naming == .torchvision else {
      return .squashed(channels: channels, size: imageSide)
    }
    var preprocessing = Preprocessing.imageNet
    if channels != 3 {
      let plain = Preprocessing.squashed(channels: channels, size: imageSide)
      (preprocessing.inputChannels, preprocessing.mean, preprocessing.std) = (channels, plain.mean, plain.std)
    }
    return preprocessing
  }
}

/// A text file with the name of a class a line.
enum ClassFile {
  static let sizeLimit = 1 << 24

  static func read(_ file: Path, count: Int) throws -> [String] {
    let path = file.text
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(.missingInput, "\(path): no such file; check the path given to --classes")
    }
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: sizeLimit) else {
      throw Failure(.inputOutput, "\(path): cannot be read; name a text file with a class a line")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Failure(.invalidData, "\(path): expected UTF-8 text with a class a line, found other bytes; correct it")
    }
    var names = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    while names.last?.isEmpty == true { names.removeLast() }
    guard names.count == count else {
      throw Failure(
        .invalidData,
        "\(path): expected \(count) classes, one a line, as the network has, found \(names.count); correct it")
    }
    return names
  }
}
