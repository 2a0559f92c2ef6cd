public import DenseNetIO
import DenseNetReports
public import DenseNets
import Foundation

/// Batches of images that a network is to work on, checked before the first of them is made.
public struct MemoryRequirement: Sendable {
  /// No image is larger: the values of its largest map, the first convolution's, still count in 32 bits.
  public static let largestSide = 8192

  /// Images per batch, no more than there are.
  public let images: Int
  /// Their height and width in pixels.
  public let side: Int

  public init(images: Int, side: Int) { (self.images, self.side) = (images, side) }

  /// - Throws: `Failure(.usage)` where the images are too small or too large for the network.
  public static func requireSide(_ side: Int, for net: DenseNet) throws {
    guard side >= net.minimumSize else {
      throw Failure(
        .usage,
        "images: expected at least \(net.minimumSize) pixels per side for this network, found \(side); choose larger ones",
        settings: ["imageSize"])
    }
    guard side <= largestSide else {
      throw Failure(
        .usage, "images: expected at most \(largestSide) pixels per side, found \(side); choose smaller ones",
        settings: ["imageSize"])
    }
  }

  /// - Parameters:
  ///   - batches: how many are in memory at once.
  ///   - memory: what there is.
  /// - Throws: `Failure(.usage)` where the images do not suit the network, or a batch cannot fit into the memory;
  ///   `Failure(.inputOutput)` where the process's own limit is too narrow for it.
  public func require(
    for net: DenseNet, training: Bool, batches: Int, device: Device, memory: MemoryLimit = .current
  ) throws {
    try Self.requireSide(side, for: net)
    let least = try leastMemory(for: net, training: training, batches: batches, device: device)
    guard least <= Double(memory.bytes) else {
      throw Failure(
        memory.source == .process ? .inputOutput : .usage,
        "batches of \(images) images of \(side)×\(side) pixels: need at least \(TextFormat.bytes(Int(min(least, 0x1p62)))) of memory, \(memory.text); choose a smaller batch or smaller images",
        settings: ["batchSize", "imageSize"])
    }
  }

  /// - Throws: `Failure(.usage)` where a batch norm would meet a single value per channel, which has no variance.
  public func requireStatistics(for net: DenseNet, smallestBatch: Int) throws {
    func isSingle(_ side: Int) throws -> Bool { try net.mapSizes(Extent(side)).contains { $0.area == 1 } }
    guard smallestBatch == 1, try isSingle(side) else { return }
    var larger = side
    while try isSingle(larger) { larger += 1 }
    throw Failure(
      .usage,
      "batch norm cannot train on a batch of one image, which has maps of 1×1 pixel at \(side)×\(side) pixels; choose a batch size or a number of images that leaves no batch of a single image, or images of \(larger) pixels or more",
      settings: ["batchSize", "imageSize"])
  }

  /// What the batches, a step's maps and gradients, the parameters and the threads' scratch take, in bytes: in floating point, since a
  /// careless number of images must not overflow.
  private func leastMemory(for net: DenseNet, training: Bool, batches: Int, device: Device) throws -> Double {
    let channels = net.configuration.inputChannels
    let shape = [1, channels, side, side]
    let one = try net.stepMemory(inputShape: shape, mode: training ? .training : .inference, device: device)
    return Double(images) * Double(one.arena + 4 * batches * shape.reduce(1, *))
      + Double(one.scratch * one.threads + one.parameters)
  }

  /// What this process can still get, in bytes.
  public static func machineMemory() -> Int { MemoryLimit.current.bytes }
}

extension MemoryLimit {
  /// For a failure, after what was needed: `this machine has 24.0 GiB`.
  var text: String {
    switch source {
    case .machine: "this machine has \(TextFormat.bytes(bytes))"
    case .controlGroup: "this control group has \(TextFormat.bytes(bytes))"
    case .process: "this process may have \(TextFormat.bytes(bytes)) more"
    }
  }
}
