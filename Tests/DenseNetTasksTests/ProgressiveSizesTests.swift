import DenseNetData
import DenseNetIO
import DenseNets
import Foundation
import Testing

@testable import DenseNetTasks

@Suite struct ProgressiveSizesTests {
  @Test func readsSizesAndEpochs() throws {
    let sizes = try ProgressiveSizes("48:3,48:1,72:2,40:1")
    #expect(sizes.text == "48:3,48:1,72:2,40:1" && sizes.epochs == 7 && sizes.last == 40)
    #expect(sizes.starts == [0, 3, 4, 6] && sizes.changes == [4, 6])
    #expect((0..<9).map { sizes.size(inEpoch: $0) } == [48, 48, 48, 48, 72, 72, 40, 40, 40])
    #expect(try ProgressiveSizes("96:10").changes == [])
  }

  @Test(arguments: [
    "", "48", "48:0", "0:48", "a:b", "48:1,", "48:1:2", "48:-1", "48:1.5", "48 : 1", "99999999999:1", "1:3000000000",
  ])
  func anythingElseIsRefused(_ text: String) {
    let failure = #expect(throws: Failure.self) { try ProgressiveSizes(text) }
    #expect(failure?.kind == .usage && failure?.settings == ["progressive"])
  }

  /// The last size takes the rest of a longer run, and is not left out of a shorter one.
  @Test func theLastSizeTakesTheRest() throws {
    let sizes = try ProgressiveSizes("48:3,96:2")
    #expect(try sizes.lasting(9).text == "48:3,96:6" && sizes.lasting(4).text == "48:3,96:1")
    #expect(throws: Failure.self) { try sizes.lasting(3) }
    #expect(try sizes.differsInLengthAlone(from: ProgressiveSizes("48:3,96:7")))
    for other in ["48:2,96:2", "48:3,80:2", "96:2"] {
      #expect(try !sizes.differsInLengthAlone(from: ProgressiveSizes(other)))
    }
    var recipe = Recipe.d2l
    try recipe.setLength(sizes: sizes)
    #expect(recipe.epochs == 5)
    try recipe.validate()
    try recipe.setLength(epochs: 8)
    #expect(recipe.progressive?.text == "48:3,96:5" && recipe.epochs == 8)
    recipe.epochs = 7
    let failure = #expect(throws: Failure.self) { try recipe.validate() }
    #expect(failure?.settings == ["progressive", "epochs"])
  }

  @Test func pixelsAreScaled() throws {
    let half = Scaling(old: 96, new: 48)
    #expect([0, 1, 8, 16, 96].map { half($0) } == [0, 1, 4, 8, 48])
    #expect(Scaling(old: 96, new: 72)(8) == 6 && Scaling(old: 32, new: 64)(8192) == 8192)
    var augmentation = Augmentation.none
    (augmentation.cropPadding, augmentation.cutout, augmentation.rotation) = (8, 16, 20)
    let scaled = augmentation.scaled(half)
    #expect((scaled.cropPadding, scaled.cutout, scaled.rotation) == (4, 8, 20))
    let crop = try Preprocessing(inputChannels: 1, resize: .shorterSide(96), crop: [96, 96], mean: [0.3], std: [0.2])
    let expected = try Preprocessing(
      inputChannels: 1, resize: .shorterSide(48), crop: [48, 48], mean: [0.3], std: [0.2])
    #expect(crop.scaled(half) == expected)
    #expect(crop.scaled(Scaling(old: 96, new: 96)) == crop)
    #expect(
      Preprocessing.squashed(channels: 3, size: 96).scaled(half) == Preprocessing.squashed(channels: 3, size: 48))
  }

  private func options(_ sizes: String) throws -> TrainingOptions {
    var options = TrainingOptions(dataset: .named("fashion-mnist-sample"))
    options.model = "densenet-bc-10-4"
    (options.trainLimit, options.testLimit, options.batchSize) = (40, 20, 20)
    (options.recipe.augmentation.cropPadding, options.recipe.augmentation.cutout) = (4, 8)
    try options.recipe.setLength(sizes: ProgressiveSizes(sizes))
    return options
  }

  /// Batches to train on and to evaluate have the epoch's size, and the weights' card says the size that they are for.
  @Test func eachEpochHasItsSize() async throws {
    try await options("16:2,32:3,24:1").prepared(TaskMonitor()) { setup in
      #expect(setup.side == 24 && setup.largestSide == 32 && setup.preprocessing.squareSide == 24)
      #expect(setup.plan.taskChanges == [2, 5] && setup.plan.epochs == 6)
      for (epoch, side) in [16, 16, 32, 32, 32, 24].enumerated() {
        let train = try setup.batches(epoch: epoch, from: 0).next()
        let test = try setup.batches(of: setup.test, inEpoch: epoch).next()
        let card = try setup.weights(afterEpoch: epoch).card.preprocessing?.value
        #expect(train?.images.shape == [20, 1, side, side] && test?.images.shape == [20, 1, side, side])
        #expect(card?.squareSide == side)
        #expect(setup.augmentation(inEpoch: epoch).cutout == (8 * side + 12) / 24)
      }
      let small = try setup.batches(epoch: 5, from: 0, sizeOf: 0).next()
      #expect(small?.images.shape == [20, 1, 16, 16])
    }
  }

  /// What is left counts pixels, in images of the last size.
  @Test func theWorkCountsPixels() async throws {
    try await options("16:2,32:3").prepared(TaskMonitor()) { setup in
      let overview = TrainingOverview(setup)
      #expect(overview.name(ofEpoch: 1) == "epoch 2/5 at 16×16" && overview.name(ofEpoch: 2) == "epoch 3/5 at 32×32")
      #expect(overview.cost(inEpoch: 1) == 0.25 && overview.cost(inEpoch: 2) == 1)
      var progress = TrainingProgress()
      #expect(overview.work(from: progress) == 2 * 10 + 3 * 40)
      progress = try progress.moved(toEpoch: 1)
      #expect(overview.work(from: progress) == 10 + 3 * 40)
      progress = try progress.moved(toEpoch: 4)
      #expect(overview.work(from: progress) == 40)
    }
    var limited = try options("16:2,32:3")
    limited.maxSteps = 5
    try await limited.prepared(TaskMonitor()) { setup in
      #expect(TrainingOverview(setup).work(from: TrainingProgress()) == 2 * 10 + 20)
    }
    var plain = try options("16:2")
    (plain.recipe.progressive, plain.recipe.epochs) = (nil, 3)
    try await plain.prepared(TaskMonitor()) { setup in
      #expect(TrainingOverview(setup).work(from: TrainingProgress()) == 120)
      #expect(TrainingOverview(setup).name(ofEpoch: 2) == "epoch 3/3")
    }
  }

  /// The largest size decides whether batches fit, each whether the network can take it.
  @Test func sizesThatDoNotSuitTheNetworkAreRefused() async throws {
    for (sizes, part) in [("2:1,32:1", "at least"), ("9000:1,32:1", "at most"), ("8000:1,32:1", "of 8000×8000 pixels")]
    {
      var options = try options(sizes)
      if part.hasPrefix("of") { (options.trainLimit, options.testLimit, options.batchSize) = (2000, 1000, 2000) }
      let failure = await #expect(throws: Failure.self) { try await options.prepared(TaskMonitor()) { _ in } }
      #expect(failure?.description.contains(part) == true, "\(failure?.description ?? "")")
      #expect(failure?.settings.contains("progressive") == true && failure?.settings.contains("imageSize") == false)
    }
    var other = try options("16:1,32:1")
    other.images.size = 16
    let failure = await #expect(throws: Failure.self) { try await other.prepared(TaskMonitor()) { _ in } }
    #expect(failure?.settings == ["imageSize", "progressive"])
  }
}

extension TrainingProgress {
  /// The beginning of an epoch.
  fileprivate func moved(toEpoch epoch: Int) throws -> TrainingProgress {
    var object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any])
    object["epoch"] = epoch
    return try JSONDecoder().decode(TrainingProgress.self, from: JSONSerialization.data(withJSONObject: object))
  }
}
