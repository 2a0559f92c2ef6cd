#if Serve
  import DenseNetData
  import DenseNets

  /// What the network sees of one or several pictures of a request.
  struct PreparedInput: Sendable {
    /// `[N, C, H, W]`, normalised.
    let tensor: Tensor
    /// Of the first picture, upright; nil for tensors.
    var pictureSize: (height: Int, width: Int)?
  }

  extension InputContent {
    /// Images.
    var count: Int {
      switch self {
      case .tensor(let tensor): tensor.shape[0]
      case .pictures(let files): files.count
      }
    }
  }

  extension ModelServer {
    /// Decodes, resizes and normalises pictures as `densenet predict` does, each on whatever worker is free. Pictures that
    /// become inputs of one size, as nearly always, become one tensor.
    /// - Throws: `ServiceError` where the model takes no pictures, or one cannot be read.
    func prepare(_ content: InputContent, _ model: ServedModel) async throws -> [PreparedInput] {
      switch content {
      case .tensor(let tensor): return [PreparedInput(tensor: tensor)]
      case .pictures(let files):
        guard let preprocessing = model.preprocessing else {
          throw ServiceError(
            .invalidArgument,
            "model \(model.name): its network takes \(model.inputChannels) channels, pictures have 1 or 3; send FP32 tensors"
          )
        }
        let start = ContinuousClock.now
        let images = try await decoded(files, preprocessing, model)
        metrics.decoding.record((ContinuousClock.now - start).inSeconds)
        let first = images[0].image
        guard images.allSatisfy({ ($0.image.height, $0.image.width) == (first.height, first.width) }) else {
          return images.map { PreparedInput(tensor: preprocessing.batch([$0.image]), pictureSize: $0.size) }
        }
        return [PreparedInput(tensor: preprocessing.batch(images.map(\.image)), pictureSize: images[0].size)]
      }
    }

    private typealias Decoded = (image: DecodedImage, size: (height: Int, width: Int))

    private func decoded(
      _ files: [ArraySlice<UInt8>], _ preprocessing: Preprocessing, _ model: ServedModel
    ) async throws -> [Decoded] {
      let (limit, side) = (configuration.largestPicture, model.minimumSide)
      @Sendable func decode(_ index: Int) throws -> Decoded {
        let source = files.count == 1 ? "the picture" : "picture \(index + 1)"
        let image = try DecodedImage(bytes: Array(files[index]), source: source, pixelLimit: limit)
        do {
          return (try preprocessing.image(image, atLeast: side), (image.height, image.width))
        } catch {
          throw Failure(error.kind, "\(source): \(error)")
        }
      }
      if files.count == 1 { return [try await workers.run { try decode(0) }] }
      return try await withThrowingTaskGroup(of: (Int, Decoded).self) { group in
        for index in files.indices {
          group.addTask { [workers] in
            try Task.checkCancellation()
            return (index, try await workers.run { try decode(index) })
          }
        }
        var images = [Decoded?](repeating: nil, count: files.count)
        for try await (index, image) in group { images[index] = image }
        return images.map { $0! }
      }
    }
  }
#endif
