import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

/// `densenet predict --input-tensors`: logits of images that are normalised already.
struct TensorPrediction {
  let network: LoadedNetwork
  let device: Device
  let batchSize: Int

  /// What is printed as JSON.
  struct Report: Encodable {
    let images: Int
    let classes: Int
    let output: String
  }

  /// - Parameters:
  ///   - input: holds a tensor `input` `[N, C, H, W]`.
  ///   - output: gets a tensor `logits` `[N, classes]`.
  ///   - json: whether to print what was done.
  func run(input: Path, output: Path, json: Bool) throws {
    let images = try read(input)
    let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
    try MemoryRequirement(images: min(batchSize, count), side: max(height, width))
      .require(for: network.net, training: false, batches: 1, device: device)
    let predictor = Predictor(network.net, device: device)
    let each = images.count / count
    Interrupts.watch()
    var logits: [Tensor] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      let end = min(start + batchSize, count)
      let batch = Tensor(
        shape: [end - start] + images.shape[1...], channelsLast: Array(images.storage[start * each..<end * each]))
      logits.append(try predictor.logits(batch))
      if Interrupts.requested {
        throw Interruption(description: "interrupted after \(end) images; nothing was written")
      }
    }
    let tensor = NamedTensor(name: "logits", tensor: Tensor.concatenated(logits, axis: 0))
    try WeightsFile(tensors: [tensor], source: output.text).write(to: output.url)
    guard json else { return }
    let report = Report(images: count, classes: network.configuration.numClasses, output: output.text)
    try printResult(String(decoding: try compactJSON(report), as: UTF8.self))
  }

  private func read(_ input: Path) throws -> Tensor {
    func failure(_ text: String) -> Failure { Failure(.invalidData, "\(input.text): \(text); write the file again") }
    let file = try WeightsFile(contentsOf: input.url)
    let channels = network.configuration.inputChannels
    guard let value = file["input"] else {
      throw failure("expected a tensor input, found \(file.tensors.isEmpty ? "none" : "others alone")")
    }
    guard let images = value.tensor else {
      throw failure("tensor input: expected floating-point numbers, found integers")
    }
    guard images.rank == 4, images.count > 0, images.shape[1] == channels else {
      throw failure("tensor input: expected shape [N, \(channels), H, W], found \(images.shape)")
    }
    guard min(images.shape[2], images.shape[3]) >= network.net.minimumSize else {
      throw failure(
        "tensor input: expected at least \(network.net.minimumSize) pixels a side, found shape \(images.shape)")
    }
    guard images.storage.allSatisfy(\.isFinite) else {
      throw failure("tensor input: expected finite numbers, found others")
    }
    return images
  }
}
