#if Serve
  import DenseNetData
  import DenseNetTasks

  enum ImageClassifierProbe {
    static func classify(_ network: LoadedNetwork, _ path: String) throws -> [ClassProbability] {
      try ImageClassifier(network).classify(path, top: 3)
    }
  }

  enum DecodedImageProbe {
    /// Height and width.
    static func size(_ bytes: [UInt8]) throws -> [Int] {
      let image = try DecodedImage(bytes: bytes, source: "answer")
      return [image.height, image.width]
    }
  }
#endif
