import DenseNetData
public import DenseNets

/// Images of an epoch, from 0, have that epoch's size: those that are trained on, and those that are evaluated after it.
extension TrainingSetup {
  /// Their height and width.
  func side(inEpoch epoch: Int) -> Int { recipe.progressive?.size(inEpoch: epoch) ?? side }

  /// The largest of all epochs, whose batches take the most memory.
  var largestSide: Int { Self.sides(recipe, side).max()! }

  func preprocessing(inEpoch epoch: Int) -> Preprocessing {
    preprocessing.scaled(Scaling(old: side, new: self.side(inEpoch: epoch)))
  }

  func augmentation(inEpoch epoch: Int) -> Augmentation {
    recipe.augmentation.scaled(Scaling(old: side, new: self.side(inEpoch: epoch)))
  }

  private static func sides(_ recipe: Recipe, _ side: Int) -> [Int] { recipe.progressive?.stages.map(\.size) ?? [side] }

  /// - Parameters:
  ///   - train: how many images there are to train on.
  ///   - test: how many to evaluate, at most.
  /// - Throws: `Failure` where images of any of the sizes do not suit the network, or batches do not fit into memory.
  static func requireMemory(
    _ options: TrainingOptions, _ team: Team, train: Int, test: Int, side: Int, _ model: DenseNet, _ device: Device
  ) throws {
    /// The largest part of a batch.
    func part(_ images: Int) -> Int { max(1, (min(options.batchSize, images) + team.count - 1) / team.count) }
    let batch = min(options.batchSize, train)
    let last = train % batch == 0 ? batch : train % batch
    let smallest = options.batchNorm == .local ? max(1, last / team.count) : last
    do {
      // The largest first: others need less.
      for side in Set(sides(options.recipe, side)).sorted(by: >) {
        let work = MemoryRequirement(images: part(train), side: side)
        try work.require(for: model, training: true, batches: 4, device: device)
        try MemoryRequirement(images: part(test), side: side)
          .require(for: model, training: false, batches: 4, device: device)
        try work.requireStatistics(for: model, smallestBatch: smallest)
      }
    } catch let failure as Failure where options.recipe.progressive != nil {
      throw Failure(
        failure.kind, failure.description, settings: failure.settings.map { $0 == "imageSize" ? "progressive" : $0 })
    }
  }
}

extension TrainingOverview {
  /// What a run that has come so far has to do from the beginning of its epoch on, in images of the last size: an image
  /// counts by its pixels.
  public func work(from progress: TrainingProgress) -> Int {
    let sizes = recipe.progressive
    let update = Double(recipe.batchSize) * Double(recipe.accumulate)
    let limit = maxSteps.map { Double($0) * update } ?? .infinity
    let (starts, lengths) = (sizes?.starts ?? [0], sizes?.stages.map(\.epochs) ?? [recipe.epochs])
    let work = zip(starts, lengths).reduce(0.0) { work, stage in
      let begin = Double(max(stage.0, progress.epoch)) * Double(trainImages)
      let end = min(limit, Double(stage.0 + stage.1) * Double(trainImages))
      return work + max(0, end - begin) * cost(inEpoch: stage.0)
    }
    return Int(min(work.rounded(), 0x1p62))
  }

  /// What an image of an epoch, from 0, costs, in units of one of the last size.
  public func cost(inEpoch epoch: Int) -> Double {
    guard let sizes = recipe.progressive else { return 1 }
    let ratio = Double(sizes.size(inEpoch: epoch)) / Double(sizes.last)
    return ratio * ratio
  }

  /// `epoch 3/75`, with the size of its images where that changes in the run: `epoch 3/75 at 48×48`.
  /// - Parameter epoch: from 0.
  public func name(ofEpoch epoch: Int) -> String {
    let size = recipe.progressive.map { " at \($0.size(inEpoch: epoch))×\($0.size(inEpoch: epoch))" }
    return "epoch \(epoch + 1)/\(recipe.epochs)\(size ?? "")"
  }
}
