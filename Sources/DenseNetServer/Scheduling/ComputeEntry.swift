#if Serve
  import DenseNets

  /// Images of one request that wait for the network or go through it.
  final class ComputeEntry: @unchecked Sendable {
    let model: ServedModel
    /// `[N, C, H, W]`
    let images: Tensor
    let outputs: Predictor.Outputs
    let arrival = ContinuousClock.now

    // What follows belongs to who holds the scheduler's lock.

    /// The first image that no pass has taken yet.
    var next = 0
    /// Images whose results are here.
    var computed = 0
    var isOver = false
    var failure: (any Error)?
    var continuation: CheckedContinuation<ComputeResult, any Error>?
    var result: ComputeResult

    init(model: ServedModel, images: Tensor, outputs: Predictor.Outputs) {
      (self.model, self.images, self.outputs) = (model, images, outputs)
      result = ComputeResult()
      result.logits.reserveCapacity(images.shape[0] * model.classNames.count)
    }

    var count: Int { images.shape[0] }

    /// Whether the images of both can go through the network together.
    func suits(_ other: ComputeEntry) -> Bool {
      model === other.model && images.shape[1...] == other.images.shape[1...]
    }
  }

  /// What the network made of a request's images.
  struct ComputeResult: Sendable {
    /// `[N, classes]`, row by row.
    var logits: [Float] = []
    /// Of each image `[1, channels, h, w]`, where that was asked for.
    var activations: [Tensor] = []
    /// How long the images waited for the network.
    var waiting = Duration.zero
    /// How long the network took for the passes that they were part of.
    var computing = Duration.zero
  }

  /// Images of one entry that are part of a pass.
  struct ComputeShare: Sendable {
    let entry: ComputeEntry
    let images: Range<Int>
  }
#endif
