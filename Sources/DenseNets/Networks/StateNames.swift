/// The names that a network's parts have in its state dictionary, and in its summary those without parameters.
struct StateNames {
  let naming: DenseNet.Configuration.StateNaming
  let blocks: Int

  /// - Parameter part: by torchvision's name: `conv0`, `norm0`, …
  func stem(_ part: String) -> String? {
    switch naming {
    case .chapter: ["conv0", "norm0", "relu0", "pool0"].firstIndex(of: part).map { "0.\($0)" }
    case .torchvision: "features.\(part)"
    }
  }

  func block(_ index: Int) -> String {
    switch naming {
    case .chapter: "\(2 * index + 1)"
    case .torchvision: "features.denseblock\(index + 1)"
    }
  }

  func transition(_ index: Int) -> String {
    switch naming {
    case .chapter: "\(2 * index + 2)"
    case .torchvision: "features.transition\(index + 1)"
    }
  }

  /// What follows the last block: batch norm, ReLU, pool, flattening, classifier.
  private func tail(_ index: Int, _ name: String) -> String {
    switch naming {
    case .chapter: "\(2 * blocks + index)"
    case .torchvision: name
    }
  }

  var lastNorm: String { tail(0, "features.norm5") }
  var lastReLU: String { tail(1, "relu") }
  var globalPool: String { tail(2, "avgpool") }
  var flatten: String { tail(3, "flatten") }
  var classifier: String { tail(4, "classifier") }
}

/// The names of a batch norm, the ReLU after it and the convolution, below the block or transition that they are in.
struct FusedNames {
  let norm: String
  let relu: String
  let convolution: String

  /// Of a dense layer's part `part`. A bottleneck in the chapter's style goes on counting.
  static func denseLayer(_ layer: Int, part: Int, _ naming: DenseNet.Configuration.StateNaming) -> FusedNames {
    let prefix = denseLayer(layer, naming)
    return switch naming {
    case .chapter:
      FusedNames(
        norm: "\(prefix).\(3 * part)", relu: "\(prefix).\(3 * part + 1)", convolution: "\(prefix).\(3 * part + 2)")
    case .torchvision:
      FusedNames(
        norm: "\(prefix).norm\(part + 1)", relu: "\(prefix).relu\(part + 1)", convolution: "\(prefix).conv\(part + 1)")
    }
  }

  static func denseLayer(_ layer: Int, _ naming: DenseNet.Configuration.StateNaming) -> String {
    switch naming {
    case .chapter: "net.\(layer)"
    case .torchvision: "denselayer\(layer + 1)"
    }
  }

  static func transition(_ naming: DenseNet.Configuration.StateNaming) -> FusedNames {
    switch naming {
    case .chapter: FusedNames(norm: "0", relu: "1", convolution: "2")
    case .torchvision: FusedNames(norm: "norm", relu: "relu", convolution: "conv")
    }
  }

  static func transitionPool(_ naming: DenseNet.Configuration.StateNaming) -> String {
    switch naming {
    case .chapter: "3"
    case .torchvision: "pool"
    }
  }
}

extension DenseNet {
  var names: StateNames { StateNames(naming: configuration.naming, blocks: configuration.blockLayers.count) }
}
