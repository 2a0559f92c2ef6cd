internal import Foundation
internal import Synchronization

/// Where layers compute: an instruction set and a pool of threads.
///
/// Layers use ``current``, which is the machine's best unless a task says otherwise:
/// ```swift
/// let device = try Device.cpu(threads: 1, instructionSet: .avx2)
/// Device.$current.withValue(device) { net(x) }
/// ```
/// Results are the same, bit for bit, for any number of threads on one instruction set.
public final class Device: Sendable, CustomStringConvertible {
  let kernels: Kernels
  private let pool: ThreadPool
  /// Memory for the time of one pass of one layer; shared, since layers take turns.
  private let workspace = Mutex(Buffer<Float>(0))

  /// How dense layers' 3×3 convolutions are computed, where there is a choice.
  public let convolution: ConvolutionChoice
  /// What the maps of dense blocks hold.
  public let precision: Precision

  private init(kernels: Kernels, threads: Int, convolution: ConvolutionChoice, precision: Precision) throws {
    self.kernels = kernels
    self.convolution = convolution
    self.precision = precision
    pool = try ThreadPool(threads: threads)
  }

  /// The device that layers of this task use.
  @TaskLocal public static var current: Device = .standard

  private static let standard: Device = {
    do {
      return try cpu()
    } catch {
      fatalError("\(error)")  // an unusable DENSENET_ISA: computing on another would mislead
    }
  }()

  /// The CPU.
  /// - Parameters:
  ///   - threads: working threads; nil for one per core.
  ///   - convolution: which algorithm dense layers' 3×3 convolutions use.
  ///   - precision: what the maps of dense blocks, transitions and whole networks hold, ``Precision/fp32`` or
  ///     ``Precision/bf16``; other layers use fp32.
  ///   - instructionSet: nil for the one that `DENSENET_ISA` names, or the best that the machine has.
  /// - Throws: ``Failure`` if the machine does not support the instruction set, the variable names none, or the precision is no
  ///   device's.
  public static func cpu(
    threads: Int? = nil, instructionSet: InstructionSet? = nil, convolution: ConvolutionChoice = .automatic,
    precision: Precision = .fp32
  ) throws -> Device {
    let threads = threads ?? coreCount
    guard threads > 0 else { throw Failure(.usage, "threads: expected 1 or more, found \(threads)") }
    guard precision != .int8 else {
      throw Failure(
        .usage,
        "precision: expected fp32 or bf16 for a device, found int8; int8 is for inference with quantized weights")
    }
    let chosen = try instructionSet ?? preferredInstructionSet()
    guard let kernels = Kernels(chosen) else { throw unsupported(chosen) }
    return try Device(kernels: kernels, threads: threads, convolution: convolution, precision: precision)
  }

  /// The first GPU if there is one, else the CPU: the chapter's `try_gpu`. There is no GPU support: always the CPU.
  public static func tryGPU() -> Device { current }

  /// The instruction set that `DENSENET_ISA` names, or the best that the machine has.
  /// - Throws: ``Failure`` if the machine does not support that one or the variable names none.
  public static func preferredInstructionSet() throws(Failure) -> InstructionSet {
    guard let chosen = try fromEnvironment() else { return .best }
    guard chosen.isAvailable else { throw unsupported(chosen) }
    return chosen
  }

  private static func unsupported(_ set: InstructionSet) -> Failure {
    let available = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    return Failure(
      .usage, "instruction set \(set.rawValue): this machine does not support it; choose one of \(available)")
  }

  private static func fromEnvironment() throws(Failure) -> InstructionSet? {
    guard let name = ProcessInfo.processInfo.environment["DENSENET_ISA"], !name.isEmpty else { return nil }
    guard let set = InstructionSet(rawValue: name) else {
      let names = InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "DENSENET_ISA: expected one of \(names), found \"\(name)\"; correct or unset it")
    }
    return set
  }

  /// Cores that this process may use.
  public static var coreCount: Int { ProcessInfo.processInfo.activeProcessorCount }
  /// Working threads.
  public var threads: Int { pool.threadCount }
  public var instructionSet: InstructionSet { kernels.instructionSet }
  public var description: String { "cpu" }

  /// Calls `body(item, scratch)` for every item of `0..<count`, on all threads.
  func run(_ count: Int, scratch: Int = 0, _ body: (Int, Buffer<Float>) -> Void) {
    pool.run(count, scratch: scratch, body)
  }

  /// Makes sure that steps which need no more memory than this allocate none.
  func reserve(workspace count: Int, scratch: Int) {
    withWorkspace(count) { _ in }
    pool.reserve(scratch: scratch)
  }

  /// Lends memory of at least `count` floats, with any content, for the time of `body`.
  func withWorkspace<R>(_ count: Int, _ body: (Buffer<Float>) -> R) -> R {
    workspace.withLock { buffer in
      if buffer.count < count { buffer = Buffer(count) }
      return body(buffer)
    }
  }

  /// The fp32 multiply-add peak of all threads together, measured now, in floating point operations a second.
  package func measurePeak() -> Double {
    let repeats = 4_000_000
    let clock = ContinuousClock()
    var best = 0.0
    for _ in 0..<5 {
      nonisolated(unsafe) var operations = 0.0
      let time = clock.measure {
        // One item a thread: each is long enough for all threads to get theirs.
        run(threads) { item, _ in
          let done = kernels.peak(repeats: repeats)
          if item == 0 { operations = done * Double(threads) }
        }
      }
      best = max(best, operations / time.inSeconds)
    }
    return best
  }
}
