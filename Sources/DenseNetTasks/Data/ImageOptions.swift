import DenseNetData
package import DenseNets

/// How training and test images become the network's input; augmentation is the recipe's.
public struct ImageOptions: Sendable, Equatable {
  /// How images of any shape become square.
  public enum Fit: String, CaseIterable, Sendable {
    case squash
    /// The shorter side is resized, and the middle kept.
    case crop
  }

  /// Height and width in pixels. Nil: what the initial weights say, else the recipe's, else what the network is made for.
  public var size: Int?
  /// Nil: what the initial weights say, else `crop` for a user's own images, `squash` for others.
  public var fit: Fit?
  /// Nil: what the initial weights say, else the recipe's, else none.
  public var normalization: Normalization?
  /// Whether images become grey. Else they are in colour where the dataset is.
  public var isGrey = false
  /// All of it, in place of what the other settings say.
  package var preprocessing: Preprocessing?
  /// What holds where no setting says other, in place of what the initial weights say.
  package var usual: Preprocessing?

  public init() {}

  /// The channels that the network is to take.
  func channels(of train: any LabeledImages) -> Int {
    preprocessing?.inputChannels ?? (isGrey ? 1 : train.channels)
  }

  /// - Parameters:
  ///   - train: the training images.
  ///   - side: of the network's input, in pixels.
  ///   - weights: what the weights that training begins with say, which holds where no setting says other.
  ///   - recipe: the normalisation where nothing else says one.
  func preprocessing(
    of train: any LabeledImages, side: Int, weights: Preprocessing?, recipe: Normalization?
  ) throws(Failure) -> Preprocessing {
    if let preprocessing { return preprocessing }
    let base = base(of: train, side: side, weights: weights)
    var usual = recipe ?? .none
    if let weights, weights.inputChannels == base.inputChannels {
      usual = .values(mean: weights.mean, std: weights.std)
    }
    return try (normalization ?? usual).applied(to: base, train: train)
  }

  /// How images become the network's input, before normalisation.
  private func base(of train: any LabeledImages, side: Int, weights: Preprocessing?) -> Preprocessing {
    var result = Preprocessing.squashed(channels: channels(of: train), size: side)
    let usual = weights.map { $0.crop == nil ? Fit.squash : .crop } ?? (train is LabeledImageFiles ? .crop : .squash)
    if fit == nil, let weights, case .fit = weights.resize {
      // Whole images within a border, which no setting names.
      (result.resize, result.crop) = (.fit(height: side, width: side), [side, side])
      result.fill = weights.inputChannels == result.inputChannels ? weights.fill : nil
    } else if fit ?? usual == .crop {
      (result.resize, result.crop) = (.shorterSide(side), [side, side])
    }
    return result
  }
}
