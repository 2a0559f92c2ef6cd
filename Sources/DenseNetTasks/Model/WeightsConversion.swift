public import DenseNetIO
import DenseNets

/// What becomes of weights on their way to another file.
///
/// Without a choice of a model, classes or channels, nothing is checked and tensors stay unchanged.
public struct WeightsConversion: Sendable {
  /// The weights must be of this network, for any number of classes and channels.
  public var model = ModelChoice()
  /// Classes; a new, untrained classifier takes the place of one for others. Nil: the weights'.
  public var numClasses: Int?
  /// Channels of the images, to which the first convolution is adapted. Nil: the weights'.
  public var inputChannels: Int?
  /// Of a new classifier.
  public var seed: UInt64 = 0

  public init() {}

  /// Checks the weights against the network, adapts them where that is wanted, and notes the model in their card.
  /// - Returns: the network's classes, nil where nothing names a network; and what was adapted.
  /// - Throws: `Failure(.invalidData)` where the weights are not of such a network.
  public func apply(to file: inout WeightsFile) throws -> (numClasses: Int?, report: LoadReport?) {
    guard model.isExplicit || numClasses != nil || inputChannels != nil else { return (nil, nil) }
    let plain = DenseNet(try model.resolve(file).configuration, initialization: nil)
    let chosen = try model.resolve(
      file, inputChannels: inputChannels ?? file.inputChannels(of: plain),
      numClasses: numClasses ?? file.numClasses(of: plain))
    let net = DenseNet(chosen.configuration, initialization: nil)
    var report: LoadReport?
    if numClasses != nil || inputChannels != nil {
      report = try adapt(&file, to: net)
    } else {
      try file.requireFit(to: net)
    }
    file.card.model = chosen.name
    file.card.configuration = CardEntry(chosen.configuration)
    return (chosen.configuration.numClasses, report)
  }

  /// Takes the weights into a network of other classes or channels, and back.
  private func adapt(_ file: inout WeightsFile, to net: DenseNet) throws -> LoadReport {
    let report = try file.load(into: net, classes: .reinitialized(seed: seed), inputChannels: .adapted)
    var card = file.card
    if report.classes != nil { (card.classNames, card.activation, card.thresholds) = (nil, nil, nil) }
    if report.inputChannels != nil { card.preprocessing = nil }
    file = WeightsFile(stateOf: net, metadata: file.metadata)
    file.card = card
    return report
  }
}
