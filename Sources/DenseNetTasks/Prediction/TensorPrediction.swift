import DenseNetIO
public import DenseNets
import Foundation

/// Logits of images that are normalised already, from a file of tensors to another, so that runtimes can be compared.
public struct TensorPrediction {
  public let network: LoadedNetwork
  public var device = Device.current
  /// Images per batch.
  public var batchSize = 16
  public var monitor = TaskMonitor()

  public init(_ network: LoadedNetwork) { self.network = network }

  /// - Parameters:
  ///   - input: a file that holds a tensor `input` `[N, C, H, W]`.
  ///   - output: gets a tensor `logits` `[N, classes]`.
  /// - Returns: the number of images.
  /// - Throws: `Failure` where the tensor does not suit the network; ``TaskInterruption`` where the monitor stops the
  ///   work.
  @discardableResult
  public func run(input: String, output: String) throws -> Int {
    try Failure.requirePositive(batchSize, "batchSize")
    let images = try read(input)
    let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
    do {
      try MemoryRequirement(images: min(batchSize, count), side: max(height, width))
        .require(for: network.net, training: false, batches: 1, device: device)
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(input): \(failure)", settings: ["inputTensors", "batchSize"])
    }
    let predictor = try network.predictor(device: device)
    let each = images.count / count
    var logits: [Tensor] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      let end = min(start + batchSize, count)
      let batch = Tensor(
        shape: [end - start] + images.shape[1...], channelsLast: Array(images.storage[start * each..<end * each]))
      logits.append(try predictor.logits(batch))
      if monitor.shouldStop() { throw TaskInterruption("interrupted after \(end) images; nothing was written") }
    }
    let tensor = NamedTensor(name: "logits", tensor: Tensor.concatenated(logits, axis: 0))
    try WeightsFile(tensors: [tensor], source: output).write(to: URL(fileURLWithPath: output))
    return count
  }

  private func read(_ input: String) throws -> Tensor {
    func failure(_ text: String) -> Failure { Failure(.invalidData, "\(input): \(text); write the file again") }
    let file = try WeightsFile(tensorsOf: URL(fileURLWithPath: input))
    let channels = network.configuration.inputChannels
    guard let value = file["input"] else {
      throw failure("expected a tensor input, found \(file.tensors.isEmpty ? "none" : "only others")")
    }
    guard let images = value.tensor else {
      throw failure("tensor input: expected floating-point numbers, found integers")
    }
    guard images.rank == 4, images.count > 0, images.shape[1] == channels else {
      throw failure("tensor input: expected shape [N, \(channels), H, W], found \(images.shape)")
    }
    guard min(images.shape[2], images.shape[3]) >= network.net.minimumSize else {
      throw failure(
        "tensor input: expected at least \(network.net.minimumSize) pixels per side, found shape \(images.shape)")
    }
    guard images.storage.allSatisfy(\.isFinite) else {
      throw failure("tensor input: expected finite numbers, found others")
    }
    return images
  }
}

extension TensorPrediction {
  /// What was predicted, as JSON.
  package struct Report: Encodable {
    let images: Int
    let classes: Int
    let output: String
  }

  /// The same as ``run(input:output:)``, and what is to be said of it.
  package func report(input: String, output: String) throws -> Report {
    Report(images: try run(input: input, output: output), classes: network.configuration.numClasses, output: output)
  }
}
