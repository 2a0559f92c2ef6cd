extension DenseNet {
  /// The numbers that make a DenseNet.
  ///
  /// As JSON (`Codable`) its keys are those of the fields in snake case, `growth_rate`, `block_layers`, …; what is left
  /// out is as in DenseNet-121.
  public struct Configuration: Sendable, Equatable {
    public var inputChannels: Int
    public var numClasses: Int
    /// What stands before the first block.
    public var stem: StemKind
    /// Output channels of the stem.
    public var initialFeatures: Int
    /// Channels that each dense layer adds (k in the paper).
    public var growthRate: Int
    /// Dense layers of each block.
    public var blockLayers: [Int]
    /// Channels of a layer's 1×1 bottleneck, in growth rates (`bn_size`; the paper's DenseNet-B has 4); nil: no bottleneck.
    public var bottleneckWidth: Int?
    /// The share of channels that a transition keeps, rounded down (θ in the paper).
    public var compression: Double
    /// How a transition halves a map's height and width.
    public var transitionPool: TransitionPool
    /// The probability with which a value of a layer's output is dropped in training (the paper's 0.2 without
    /// augmentation, else 0).
    public var dropRate: Double
    /// Whether convolutions have biases: the chapter's do, the paper's do not.
    public var convolutionBias: Bool
    /// How the state dictionary names its tensors.
    public var naming: StateNaming

    /// What stands before the first block.
    public enum StemKind: String, Sendable, Codable, CaseIterable {
      /// `Conv7×7 stride 2 → BN → ReLU → MaxPool3×3 stride 2` (the paper's Table 1).
      case imageNet = "imagenet"
      /// `Conv3×3` (the paper's §3, "Implementation Details", for 32×32 images).
      case cifar
    }

    /// How the state dictionary names its tensors.
    public enum StateNaming: String, Sendable, Codable, CaseIterable {
      /// The chapter's `net.state_dict()`: `0.0.weight`, `1.net.0.0.weight`, …
      case chapter
      /// `torchvision.models.densenet`'s: `features.denseblock1.denselayer1.norm1.weight`, …
      case torchvision
    }

    /// How a transition halves a map's height and width.
    public enum TransitionPool: String, Sendable, Codable, CaseIterable {
      /// The mean of 2×2 values (the paper's).
      case average
      /// The greatest of 2×2 values.
      case max
    }

    /// Without arguments: the chapter's network.
    public init(
      inputChannels: Int = 1, numClasses: Int = 10, stem: StemKind = .imageNet, initialFeatures: Int = 64,
      growthRate: Int = 32, blockLayers: [Int] = [4, 4, 4, 4], bottleneckWidth: Int? = nil, compression: Double = 0.5,
      transitionPool: TransitionPool = .average, dropRate: Double = 0, convolutionBias: Bool = true,
      naming: StateNaming = .chapter
    ) {
      (self.inputChannels, self.numClasses) = (inputChannels, numClasses)
      (self.stem, self.initialFeatures) = (stem, initialFeatures)
      (self.growthRate, self.blockLayers) = (growthRate, blockLayers)
      (self.bottleneckWidth, self.compression) = (bottleneckWidth, compression)
      (self.transitionPool, self.dropRate) = (transitionPool, dropRate)
      (self.convolutionBias, self.naming) = (convolutionBias, naming)
    }

    /// The chapter's network.
    public static let d2l = Configuration()
    /// DenseNet-121 of the paper's Table 1, as the other four: 3 channels, 1,000 classes, growth 32, bottlenecks of 128.
    public static let densenet121 = table1([6, 12, 24, 16])
    public static let densenet169 = table1([6, 12, 32, 32])
    public static let densenet201 = table1([6, 12, 48, 32])
    public static let densenet264 = table1([6, 12, 64, 48])
    /// With growth 48 and 96 channels from the stem.
    public static let densenet161 = table1([6, 12, 36, 24], growthRate: 48)

    private static func table1(_ blockLayers: [Int], growthRate: Int = 32) -> Configuration {
      Configuration(
        inputChannels: 3, numClasses: 1000, initialFeatures: 2 * growthRate, growthRate: growthRate,
        blockLayers: blockLayers, bottleneckWidth: 4, convolutionBias: false, naming: .torchvision)
    }

    /// The paper's networks for CIFAR: three equal blocks after a 3×3 convolution. DenseNet-BC has bottlenecks, halves the
    /// channels in transitions and begins with 2k of them; the plain one begins with 16.
    /// - Parameter depth: layers with weights: 3n + 4, or 6n + 4 with bottlenecks.
    /// - Throws: ``Failure`` if no network has that depth.
    public static func cifar(
      depth: Int, growthRate: Int, bottleneck: Bool, inputChannels: Int = 3, numClasses: Int = 10
    ) throws -> Configuration {
      let step = bottleneck ? 6 : 3
      guard depth > 4, (depth - 4) % step == 0 else {
        throw Failure(
          .usage,
          "a DenseNet\(bottleneck ? "-BC" : "") for CIFAR has a depth of \(step)n + 4 (\(step + 4), \(2 * step + 4), …), found \(depth)"
        )
      }
      return Configuration(
        inputChannels: inputChannels, numClasses: numClasses, stem: .cifar,
        initialFeatures: bottleneck ? 2 * growthRate : 16, growthRate: growthRate,
        blockLayers: [Int](repeating: (depth - 4) / step, count: 3), bottleneckWidth: bottleneck ? 4 : nil,
        compression: bottleneck ? 0.5 : 1, convolutionBias: false, naming: .torchvision)
    }

    /// The size of each block's map for images of `size`.
    /// - Throws: ``Failure`` if the images are too small.
    func mapSizes(_ size: Extent) throws(Failure) -> [Extent] {
      var sizes = [Extent(stemSide(size.height), stemSide(size.width))]
      for _ in blockLayers.dropFirst() { sizes.append(Extent(sizes.last!.height / 2, sizes.last!.width / 2)) }
      guard size.height > 0, size.width > 0, sizes.allSatisfy({ $0.height > 0 && $0.width > 0 }) else {
        throw Failure(
          .usage,
          "images of \(size.height)×\(size.width) pixels are too small for this network, which needs at least \(minimumSize)×\(minimumSize); use larger images"
        )
      }
      return sizes
    }

    /// The side of the smallest square images that the network takes, in pixels.
    var minimumSize: Int {
      let map = 1 << (blockLayers.count - 1)
      return (1...).first { stemSide($0) >= map }!
    }

    private func stemSide(_ side: Int) -> Int {
      switch stem {
      case .imageNet: (side + 3) / 4  // halved twice, rounding up
      case .cifar: side
      }
    }

    /// The channels after a transition from `channels`.
    func transitionChannels(_ channels: Int) -> Int { Int(Double(channels) * compression) }

    /// - Throws: ``Failure`` that names the first value out of range.
    public func validate() throws(Failure) {
      func require(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(Failure) {
        guard range.contains(value) else {
          throw Failure(
            .usage, "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
      }
      try require("input_channels", inputChannels, 1...1024)
      try require("num_classes", numClasses, 1...1 << 20)
      try require("growth_rate", growthRate, 1...1024)
      try require("initial_features", initialFeatures, 1...4096)
      try require("block_layers", blockLayers.count, 1...16)
      guard compression > 0, compression <= 1 else {
        throw Failure(.usage, "compression: expected a number above 0, at most 1, found \(compression)")
      }
      var channels = initialFeatures
      for (index, layers) in blockLayers.enumerated() {
        try require("block_layers", layers, 1...1024)
        channels += layers * growthRate
        try require("channels after block \(index + 1)", channels, 1...1 << 16)
        if index + 1 < blockLayers.count {
          channels = transitionChannels(channels)
          try require("channels after transition \(index + 1)", channels, 1...1 << 16)
        }
      }
      if let bottleneckWidth { try require("bottleneck_width", bottleneckWidth, 1...64) }
      guard dropRate >= 0, Float(dropRate) < 1 else {
        throw Failure(.usage, "drop_rate: expected a number from 0 to below 1, found \(dropRate)")
      }
    }
  }
}

extension DenseNet.Configuration {
  /// The networks that have a name of their own, apart from the families for CIFAR, `densenet-<depth>-<growth>` and
  /// `densenet-bc-<depth>-<growth>`.
  public static let names = ["d2l", "densenet121", "densenet161", "densenet169", "densenet201", "densenet264"]

  /// The network of that name: one of ``names``, or `densenet-40-12`, `densenet-bc-100-12` and the like.
  /// - Throws: ``Failure`` if there is none.
  public init(named name: String) throws {
    switch name {
    case "d2l": self = .d2l
    case "densenet121": self = .densenet121
    case "densenet161": self = .densenet161
    case "densenet169": self = .densenet169
    case "densenet201": self = .densenet201
    case "densenet264": self = .densenet264
    default:
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      let bottleneck = parts.count == 4 && parts[1] == "bc"
      guard parts.first == "densenet", parts.count == 3 || bottleneck, let depth = Int(parts[parts.count - 2]),
        let growth = Int(parts[parts.count - 1]), (1...1024).contains(growth), depth <= 4096
      else {
        throw Failure(
          .usage,
          "expected \(Self.names.joined(separator: ", ")), densenet-<depth>-<growth> or densenet-bc-<depth>-<growth>, found \"\(name)\""
        )
      }
      self = try .cifar(depth: depth, growthRate: growth, bottleneck: bottleneck)
    }
  }
}

extension DenseNet.Configuration: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case inputChannels = "input_channels"
    case numClasses = "num_classes"
    case stem
    case initialFeatures = "initial_features"
    case growthRate = "growth_rate"
    case blockLayers = "block_layers"
    case bottleneckWidth = "bottleneck_width"
    case compression
    case transitionPool = "transition_pool"
    case dropRate = "drop_rate"
    case convolutionBias = "convolution_bias"
    case naming
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// What is left out is as in DenseNet-121; `"bottleneck_width": null` or 0 means none.
  public init(from decoder: any Decoder) throws {
    let known = Set(CodingKeys.allCases.map(\.stringValue))
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "unknown setting \"\(key.stringValue)\""))
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let base = Self.densenet121
    func value<T: Decodable>(_ key: CodingKeys, _ fallback: T) throws -> T {
      try values.decodeIfPresent(T.self, forKey: key) ?? fallback
    }
    let growth = try value(.growthRate, base.growthRate)
    guard (1...1024).contains(growth) else {
      throw Failure(.usage, "growth_rate: expected 1 to 1024, found \(growth)")
    }
    let width =
      values.contains(.bottleneckWidth) ? try values.decode(Int?.self, forKey: .bottleneckWidth) : base.bottleneckWidth
    self.init(
      inputChannels: try value(.inputChannels, base.inputChannels), numClasses: try value(.numClasses, base.numClasses),
      stem: try value(.stem, base.stem), initialFeatures: try value(.initialFeatures, 2 * growth), growthRate: growth,
      blockLayers: try value(.blockLayers, base.blockLayers), bottleneckWidth: width == 0 ? nil : width,
      compression: try value(.compression, base.compression),
      transitionPool: try value(.transitionPool, base.transitionPool),
      dropRate: try value(.dropRate, base.dropRate),
      convolutionBias: try value(.convolutionBias, base.convolutionBias), naming: try value(.naming, base.naming))
    try validate()
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(inputChannels, forKey: .inputChannels)
    try values.encode(numClasses, forKey: .numClasses)
    try values.encode(stem, forKey: .stem)
    try values.encode(initialFeatures, forKey: .initialFeatures)
    try values.encode(growthRate, forKey: .growthRate)
    try values.encode(blockLayers, forKey: .blockLayers)
    try values.encode(bottleneckWidth, forKey: .bottleneckWidth)
    try values.encode(compression, forKey: .compression)
    try values.encode(transitionPool, forKey: .transitionPool)
    try values.encode(dropRate, forKey: .dropRate)
    try values.encode(convolutionBias, forKey: .convolutionBias)
    try values.encode(naming, forKey: .naming)
  }
}
