public import ArgumentParser
import DenseNetTasks
public import DenseNets

/// What `--precision` can name in training.
enum PrecisionOption: String, CaseIterable, ExpressibleByArgument {
  case fp32, bf16

  var precision: Precision { self == .bf16 ? .bf16 : .fp32 }
}

extension Precision: ExpressibleByArgument {}

/// The algorithms that `--convolution` can name.
enum ConvolutionOption: String, CaseIterable, ExpressibleByArgument {
  case direct, winograd, auto

  var choice: ConvolutionChoice {
    switch self {
    case .direct: .direct
    case .winograd: .winograd
    case .auto: .automatic
    }
  }
}

struct DeviceOptions: ParsableArguments {
  @Option(number: "Worker threads. Default: one per core.")
  var threads: Positive?

  @Option(
    help: ArgumentHelp(
      "Algorithm for the 3×3 convolutions of dense layers: direct; winograd (faster, with a rounding error of up to 4e-6 instead of 4e-7); auto (winograd where it saves work).",
      valueName: "name"))
  var convolution: ConvolutionOption = .auto

  /// The device that these options and `DENSENET_ISA` name.
  func device(_ precision: Precision) throws -> Device {
    try threads?.require(atMost: 1024, "--threads")
    return try Device.cpu(threads: threads?.value, convolution: convolution.choice, precision: precision)
  }
}

struct ComputeOptions: ParsableArguments {
  @OptionGroup var on: DeviceOptions

  @Option(
    help: ArgumentHelp(
      "Precision of a network's maps: fp32, or bf16 for half the memory; statistics, weights and their gradients are always fp32.",
      valueName: "name"))
  var precision: PrecisionOption = .fp32

  func device() throws -> Device { try on.device(precision.precision) }
}

/// The same for inference; with int8, the device computes in fp32 what stands before the first block.
struct InferenceOptions: ParsableArguments {
  @OptionGroup var on: DeviceOptions

  @Option(
    help: ArgumentHelp(
      "Precision of a network's maps: fp32; bf16 for half the memory; int8 for a quarter, with weights from densenet quantize. Default: int8 for such weights, else fp32.",
      valueName: "name"))
  var precision: Precision?

  func device() throws -> Device { try on.device(precision == .bf16 ? .bf16 : .fp32) }
}

struct MemoryOptions: ParsableArguments {
  @Flag(
    help:
      "Recompute the maps of bottlenecks, and the places where the stem's pool found its maxima, in the backward pass instead of keeping them. Results are identical, bit for bit."
  )
  var memoryEfficient = false
}
