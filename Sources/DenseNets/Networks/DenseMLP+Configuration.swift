extension DenseMLP {
  /// The numbers that make a ``DenseMLP``, or a plain perceptron of its size.
  ///
  /// As JSON (`Codable`) its keys are those of the fields in snake case: `input_features`, `growth_rate`, ….
  public struct Configuration: Sendable, Equatable {
    public var inputFeatures: Int
    public var outputFeatures: Int
    /// Features that each layer adds (k in the paper).
    public var growthRate: Int
    /// Hidden layers.
    public var layers: Int
    /// The probability with which a value of a layer's output is dropped in training.
    public var dropRate: Double

    public init(
      inputFeatures: Int, outputFeatures: Int = 1, growthRate: Int = 32, layers: Int = 3, dropRate: Double = 0
    ) {
      (self.inputFeatures, self.outputFeatures) = (inputFeatures, outputFeatures)
      (self.growthRate, self.layers, self.dropRate) = (growthRate, layers, dropRate)
    }

    /// The features that hidden layer `index`, counted from 0, reads; at ``layers``, those that the output reads.
    func features(before index: Int) -> Int { inputFeatures + index * growthRate }

    /// The learned values of the dense network.
    public var parameterCount: Int {
      (0..<layers).reduce((features(before: layers) + 1) * outputFeatures) {
        $0 + (features(before: $1) + 1) * growthRate
      }
    }

    /// The learned values of the plain network with hidden layers of `width`.
    func plainParameterCount(width: Int) -> Int {
      (inputFeatures + 1) * width + (layers - 1) * (width + 1) * width + (width + 1) * outputFeatures
    }

    /// The width of a plain network's hidden layers that brings it closest to ``parameterCount``.
    public var plainWidth: Int {
      // The count grows with the width, so the closest one is the last that is not too large, or the next.
      var width = 1
      while plainParameterCount(width: width + 1) <= parameterCount { width += 1 }
      let (below, above) = (plainParameterCount(width: width), plainParameterCount(width: width + 1))
      return above - parameterCount < parameterCount - below ? width + 1 : width
    }

    /// The learned values of the plain network of ``plainWidth``.
    package var plainParameterCount: Int { plainParameterCount(width: plainWidth) }

    /// - Throws: ``Failure`` that names the first value out of range.
    public func validate() throws(Failure) {
      func require(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(Failure) {
        guard range.contains(value) else {
          throw Failure(.usage, "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
      }
      try require("input_features", inputFeatures, 1...1 << 16)
      try require("output_features", outputFeatures, 1...1 << 16)
      try require("growth_rate", growthRate, 1...4096)
      try require("layers", layers, 1...64)
      guard dropRate >= 0, Float(dropRate) < 1 else {
        throw Failure(.usage, "drop_rate: expected a number from 0 to below 1, found \(dropRate)")
      }
    }
  }
}

extension DenseMLP.Configuration: Codable {
  private enum CodingKeys: String, CodingKey {
    case inputFeatures = "input_features"
    case outputFeatures = "output_features"
    case growthRate = "growth_rate"
    case layers
    case dropRate = "drop_rate"
  }
}
