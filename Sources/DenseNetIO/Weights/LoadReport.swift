/// What happens to a classifier whose number of classes is not the model's.
public enum ClassesOption: Sendable, Equatable {
  /// It does not fit.
  case exact
  /// A new one takes its place, initialized as PyTorch does it, from the seed. One that fits is kept.
  case reinitialized(seed: UInt64)
}

/// What happens to a first convolution whose number of input channels is not the model's.
public enum InputChannelsOption: Sendable, Equatable {
  /// It does not fit.
  case exact
  /// Its weights are summed over the channels where the model takes one, and repeated and scaled to the same sum
  /// otherwise, as timm's `adapt_input_conv` does.
  case adapted
}

/// What ``WeightsFile/load(into:classes:inputChannels:)`` changed on the way from the file into the model.
public struct LoadReport: Sendable, Equatable {
  public struct Change: Sendable, Equatable {
    /// Nil where the file has no such layer.
    public var file: Int?
    public var model: Int
  }

  /// The classes, where the classifier is a new one.
  public var classes: Change?
  /// The channels, where the first convolution was adapted.
  public var inputChannels: Change?

  /// The changes for people to read, one per line.
  public var lines: [String] {
    var lines: [String] = []
    if let inputChannels, let file = inputChannels.file {
      lines.append("the first convolution was adapted from \(file) to \(inputChannels.model) input channels")
    }
    if let classes {
      let found = classes.file.map { "that of the weights is for \($0)" } ?? "the weights have none"
      lines.append("the classifier for \(classes.model) classes is new and untrained: \(found)")
    }
    return lines
  }
}
