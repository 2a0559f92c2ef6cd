#if Serve
  import DenseNetTasks
  import DenseNets

  /// What a client can know of a model.
  struct ModelDescription: Sendable, Equatable {
    /// Such as `densenet121`.
    let architecture: String
    let channels: Int
    /// Height and width of the network's input, in pixels; nil: any.
    let inputSize: [Int]?
    /// The names of the classes, or of the labels where an image has several.
    let classes: [String]
    /// Where an image has several labels: the probability of each from which on it is said to have it.
    let thresholds: [Double]?
    let takesPictures: Bool

    init(_ network: LoadedNetwork, preprocessing: Preprocessing?) throws {
      architecture = network.chosen.name
      channels = network.configuration.inputChannels
      classes = try network.classNames()
      thresholds = network.activation == .sigmoid ? try network.thresholds() : nil
      takesPictures = preprocessing != nil
      if let preprocessing {
        inputSize = preprocessing.fixedInputSize.map { [$0.height, $0.width] }
      } else {
        let size = try network.inputSize()
        inputSize = [size.height, size.width]
      }
    }

    /// `[-1, C, H, W]`
    var inputShape: [Int] { [-1, channels] + (inputSize ?? [-1, -1]) }
    /// `[-1, classes]`
    var outputShape: [Int] { [-1, classes.count] }
    /// `classes`, of which an image has one, or `labels`, each of which it may have.
    var kind: String { thresholds == nil ? "classes" : "labels" }
  }
#endif
