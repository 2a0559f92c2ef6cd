import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation
import Testing

/// A user's program: weights to classes, and what is left of a folder.
@Suite struct Classifying {
  let scratch = try! Scratch()

  /// Untrained weights of a small network, with the names of two classes.
  private func weights() throws -> String {
    let model = try ModelChoice("densenet-bc-16-6").resolve(numClasses: 2)
    let net = DenseNet(model.configuration, initialization: nil)
    net.initialize(seed: 3)
    var file = WeightsFile(stateOf: net)
    file.card = ModelCard(
      model: model.name, configuration: model.configuration, classNames: ["cat", "dog"],
      preprocessing: model.standardPreprocessing)
    let path = scratch.path("model.safetensors")
    try file.write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func anImageInTenLines() throws {
    try scratch.addPhotos()
    let network = try LoadedNetwork(weights: try weights())
    let classifier = try ImageClassifier(network)
    let predictions = try classifier.classify(scratch.path("photos/cat/0.png"), top: 3)
    #expect(predictions.count == 2)
    #expect(Set(predictions.map(\.name)) == ["cat", "dog"])
    #expect(predictions[0].probability >= predictions[1].probability)
    #expect(abs(predictions.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
    #expect(throws: Failure.self) { try classifier.classify(scratch.path("none.jpg")) }
  }

  /// One pass gives what three gave.
  @Test(arguments: TestTimeAugmentation.allCases)
  func aFolderWithFeaturesAndHeatMaps(_ views: TestTimeAugmentation) throws {
    try scratch.addPhotos()
    try Data("no image".utf8).write(to: scratch.folder.appendingPathComponent("photos/cat/bad.png"))
    let network = try LoadedNetwork(weights: try weights())
    let classifier = try ImageClassifier(network, views: views)
    var task = PredictionTask(classifier)
    (task.top, task.batchSize, task.makesFeatures) = (1, 3, true)
    task.heatMaps = try HeatMapWriter(scratch.path("maps"), preprocessing: classifier.preprocessing)
    var skipped: [String] = []
    task.onSkipped = { skipped.append($0.file) }
    let result = try task.run([scratch.path("photos")])
    #expect(result.images.count == 8 && result.images.allSatisfy { $0.classes.count == 1 })
    #expect(result.skipped.map(\.file) == [scratch.path("photos/cat/bad.png")] && skipped == result.skipped.map(\.file))
    let features = try #require(result.features)
    #expect(features.shape[0] == 8)
    for image in result.images { #expect(try classifier.classify(image.file, top: 1) == image.classes) }
    // The features are those of the image itself, whatever the views.
    var plain = PredictionTask(try ImageClassifier(network))
    (plain.batchSize, plain.makesFeatures) = (3, true)
    #expect(try plain.run([scratch.path("photos")]).features?.values == features.values)
    let maps = try FileManager.default.contentsOfDirectory(atPath: scratch.path("maps"))
    #expect(maps.count == 8)
  }

  /// A failure that names the setting, where a command has checked its options before.
  @Test(arguments: [0, -3])
  func countsBelowOneAreRefused(_ count: Int) throws {
    let network = try LoadedNetwork(weights: try weights())
    var prediction = PredictionTask(try ImageClassifier(network))
    prediction.batchSize = count
    var tensors = TensorPrediction(network)
    tensors.batchSize = count
    let source = ImageSource.folder(scratch.path("photos"))
    let evaluations: [(Failure.Setting, WritableKeyPath<EvaluationTask, Int?>)] = [
      ("testLimit", \.limit), ("imageSize", \.side),
    ]
    func settings(_ body: () throws -> Void) -> [Failure.Setting]? {
      do { try body() } catch let failure as Failure { return failure.kind == .usage ? failure.settings : nil } catch {}
      return nil
    }
    #expect(settings { _ = try prediction.run([]) } == ["batchSize"])
    #expect(settings { try tensors.run(input: "in", output: "out") } == ["batchSize"])
    for (setting, value) in evaluations {
      var evaluation = EvaluationTask(network)
      evaluation[keyPath: value] = count
      #expect(settings { _ = try evaluation.run(on: source) } == [setting])
    }
    let benchmark = Benchmark(network.chosen, batchSize: 1, side: 16)
    #expect(settings { _ = try benchmark.ofInference(repetitions: count) } == ["repetitions"])
    #expect(settings { _ = try benchmark.ofTraining(steps: count) } == ["steps"])
    #expect(settings { _ = try Benchmark(network.chosen, batchSize: count).ofTraining(steps: 1) } == ["batchSize"])
    #expect(
      settings { _ = try Benchmark(network.chosen, batchSize: 1, side: count).ofTraining(steps: 1) } == ["imageSize"])
  }

  @Test func aMonitorStopsTheWork() throws {
    try scratch.addPhotos()
    var task = PredictionTask(try ImageClassifier(try LoadedNetwork(weights: try weights())))
    task.batchSize = 2
    task.monitor.shouldStop = { true }
    #expect(throws: TaskInterruption.self) { try task.run([scratch.path("photos")]) }
  }

  /// The same numbers, whether images come from files or as a dataset.
  @Test func evaluationIsOneForAllDatasets() async throws {
    try scratch.addPhotos()
    var task = EvaluationTask(try LoadedNetwork(weights: try weights()))
    task.side = 32
    let files = try task.run(on: .folder(scratch.path("photos")))
    var choice = DatasetChoice.folder(scratch.path("photos"))
    choice.testShare = 0.5
    let splits = try await choice.load()
    #expect(files.examples == 8 && files.loss.isFinite && files.skipped.isEmpty)
    #expect(files.top5Accuracy == 1)
    let own = try task.run(on: .folder(scratch.path("photos")), rule: choice.splitRule)
    let set = try task.run(on: splits.test)
    #expect(own.examples == set.examples && own.accuracy == set.accuracy)
    #expect(abs(own.loss - set.loss) < 1e-6 * set.loss)
  }
}
