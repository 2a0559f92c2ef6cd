import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// Batches of images that a network is to work on, checked before the first of them is made.
struct MemoryRequirement {
  /// No image is larger: the values of its largest map, the first convolution's, still count in 32 bits.
  static let largestSide = 8192

  /// Images of a batch, no more than there are.
  let images: Int
  /// Their height and width in pixels.
  let side: Int
  /// The option that gives ``side``.
  let option: String

  /// - Throws: `Failure(.usage)` where the images are too small or too large for the network.
  static func requireSide(_ side: Int, for net: DenseNet, option: String) throws {
    guard side >= net.minimumSize else {
      throw Failure(.usage, "\(option): expected at least \(net.minimumSize) pixels for this network, found \(side)")
    }
    guard side <= largestSide else {
      throw Failure(.usage, "\(option): expected at most \(largestSide) pixels, found \(side)")
    }
  }

  /// - Parameters:
  ///   - batches: how many are in memory at once.
  ///   - memory: of the machine, in bytes.
  /// - Throws: `Failure(.usage)` where the images do not suit the network, or a batch cannot fit into the memory.
  func require(
    for net: DenseNet, training: Bool, batches: Int, device: Device, memory: Int = MemoryRequirement.machineMemory()
  ) throws {
    try Self.requireSide(side, for: net, option: option)
    let least = try leastMemory(for: net, training: training, batches: batches, device: device)
    guard least <= Double(memory) else {
      throw Failure(
        .usage,
        "--batch-size \(images) with \(option) \(side): needs at least \(TextFormat.bytes(Int(min(least, 0x1p62)))) of memory, this machine has \(TextFormat.bytes(memory)); choose a smaller --batch-size or \(option)"
      )
    }
  }

  /// - Throws: `Failure(.usage)` where a batch norm would meet a single value per channel, which has no variance.
  func requireStatistics(for net: DenseNet, smallestBatch: Int) throws {
    func isSingle(_ side: Int) throws -> Bool { try net.mapSizes(Extent(side)).contains { $0.area == 1 } }
    guard smallestBatch == 1, try isSingle(side) else { return }
    var larger = side
    while try isSingle(larger) { larger += 1 }
    throw Failure(
      .usage,
      "--batch-size: batch norm cannot train on a batch of one image, which has maps of 1×1 pixel at \(option) \(side); choose a batch size or a number of images that leaves no single one, or \(option) \(larger) or more"
    )
  }

  /// What the batches, a step's maps and gradients and the threads' scratch take, in bytes: in floating point, since a
  /// careless number of images must not overflow.
  private func leastMemory(for net: DenseNet, training: Bool, batches: Int, device: Device) throws -> Double {
    let channels = net.configuration.inputChannels
    let shape = [1, channels, side, side]
    let one = try net.stepMemory(inputShape: shape, mode: training ? .training : .inference, device: device)
    return Double(images) * Double(one.arena + 4 * batches * shape.reduce(1, *)) + Double(one.scratch * one.threads)
  }

  /// Physical memory, or what the process's control group may use of it.
  static func machineMemory() -> Int {
    let physical = Machine.current.memoryBytes
    guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8),
      let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), limit > 0
    else { return physical }
    return min(physical, limit)
  }
}
