import Foundation

@testable import DenseNetIO
@testable import DenseNetTasks
@testable import DenseNets

/// Weights of every format, from the file's bytes to a network.
let weightsTargets = [
  FuzzTarget("safetensors") { try readWeights($0, "weights.safetensors") },
  FuzzTarget("checkpoint") { try readWeights($0, "weights.pth") },
  FuzzTarget("onnx") { try readWeights($0, "weights.onnx") },
  FuzzTarget("zip") { bytes in
    try inFile {
      () throws(WeightsProblem) in
      try ZipReader.reading(Data(bytes)) { archive throws(WeightsProblem) in
        for name in archive.names { _ = try archive.content(of: name, atMost: 1 << 20) }
      }
    }
  },
  // Without the archive around it, whose checksums would keep most inputs from the pickle.
  FuzzTarget("pickle") { bytes in
    let elements = Data(repeating: 0x3c, count: 480)
    var file = try inFile { () throws(WeightsProblem) in
      var unpickler = Unpickler(bytes)
      let checkpoint = try TorchCheckpoint(try unpickler.load(), unpickler.heap)
      return try checkpoint.file(storageBytes: elements.count) { _ throws(WeightsProblem) in elements }
    }
    file.source = "weights.pth"
    try writeAgain(file)
  },
  // The metadata, sound tensors around it: without the checksum that keeps other inputs out.
  FuzzTarget("resume") { try resume($0) },
]

private func inFile<Result>(_ body: () throws(WeightsProblem) -> Result) throws(Failure) -> Result {
  do throws(WeightsProblem) { return try body() } catch { throw error.failure(in: "weights") }
}

private func readWeights(_ bytes: [UInt8], _ name: String) throws {
  let file = try WeightsReader(data: Data(bytes), source: name).file
  for note in file.notes { require(!note.text.contains(where: \.isNewline), "expected one line, found: \(note.text)") }
  try writeAgain(file)
  _ = TrainingImages(file.metadata)
  try load(file)
}

/// What was read can be written, and what is then read is the same.
private func writeAgain(_ file: WeightsFile) throws {
  let names = file.tensors.map(\.name)
  guard Set(names).count == names.count, !names.contains("__metadata__") else { return }
  let written = Safetensors.encoded(file.withQuantizedTensors())
  let again = try inFile { () throws(WeightsProblem) in
    var again = try Safetensors.decoded(written)
    try again.takeQuantization()
    return again
  }
  require(
    again.tensors.map(\.name).sorted() == names.sorted() && again.metadata == file.metadata, "another file: \(names)")
  let archive = try TorchWriter.encoded(file)
  _ = try inFile { () throws(WeightsProblem) in try TorchArchive.decoded(archive, entry: nil) }
}

/// As whoever uses weights does, where the network is small.
private func load(_ file: WeightsFile) throws {
  let choice = ModelChoice()
  func small(_ configuration: DenseNet.Configuration) -> DenseNet? {
    let isSmall =
      configuration.blockLayers.reduce(0, +) <= 8 && configuration.growthRate <= 16
      && configuration.initialFeatures <= 32 && configuration.numClasses <= 100 && configuration.inputChannels <= 4
      && configuration.bottleneckWidth ?? 0 <= 4
    return isSmall ? DenseNet(configuration, initialization: nil) : nil
  }
  let card = file.card
  _ = try? card.preprocessing?.value
  guard let plain = small(try choice.resolve(file).configuration),
    let net = small(
      try choice.resolve(
        file, inputChannels: file.inputChannels(of: plain), numClasses: file.numClasses(of: plain)
      ).configuration)
  else { return }
  try file.load(into: net)
  guard let quantization = file.quantization else { return }
  let size = 32
  let predictor = try Predictor(net, quantization: quantization)
  let input = Tensor(
    shape: [1, net.configuration.inputChannels, size, size],
    values: [Float](repeating: 0.5, count: net.configuration.inputChannels * size * size))
  _ = try predictor.logits(input)
}

/// A text for each of what a checkpoint notes, with a zero byte between them.
private func resume(_ bytes: [UInt8]) throws {
  let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  let keys = ["progress", "settings", "seconds", "optimizer_state", "densenet_checkpoint"]
  let net = DenseNet(
    DenseNet.Configuration(inputChannels: 1, numClasses: 2, initialFeatures: 2, growthRate: 1, blockLayers: [1]),
    initialization: nil)
  let trainer = Trainer(
    model: net, optimizer: SGD(net, learningRate: 0.1, momentum: 0.9),
    average: ExponentialMovingAverage(of: net, decay: 0.9))
  let sound = try Checkpoint(of: trainer, progress: TrainingProgress(), settings: [:], seconds: 0).encoded()
  var file = try inFile { () throws(WeightsProblem) in try Safetensors.decoded(sound) }
  for (key, part) in zip(keys, parts) where !part.isEmpty { file.metadata[key] = part }
  file.metadata["checksum"] = nil
  file.metadata["checksum"] = file.fullChecksum
  let checkpoint = try Checkpoint(encoded: Safetensors.encoded(file), source: "checkpoint")
  try checkpoint.restore(into: trainer)
  for epochs in [1, 10] {
    let plan = TrainingPlan(epochs: epochs, batchesPerEpoch: 3)
    let progress = try checkpoint.progress.adapted(to: plan)
    _ = (progress.lastPointStep(in: plan), progress.completedEpochs, progress.metrics.accuracy)
  }
}
