import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show each layer's output shape, parameters and multiply-adds, or the memory of training.")

  @Option(
    help: ArgumentHelp(
      "Describe the network of these weights: safetensors, a PyTorch checkpoint, an ONNX model, or a folder. Default: none; the network that --model names.",
      valueName: "file"), transform: Path.parse)
  var weights: Path?

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var recomputation: MemoryOptions

  @Option(
    number:
      "Height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var input: Positive?

  @Option(number: "Channels of the images. Default: the model's.")
  var channels: Positive?

  @Option(number: "Number of classes. Default: the model's.")
  var numClasses: Positive?

  @Option(number: "Images per batch.")
  var batchSize: Positive = Positive(1)

  @Flag(
    help:
      "Predict the peak memory of training steps, as bench train measures it; a run adds its dataset and three more batches."
  )
  var memory = false

  @Flag(help: "Print the table as JSON.")
  var json = false

  func run() throws {
    let resident = ProcessMemory.residentBytes()
    // So that no product of sizes overflows.
    try channels?.require(atMost: 1024, "--channels")
    try numClasses?.require(atMost: 1 << 16, "--num-classes")
    try batchSize.require(atMost: 1 << 16, "--batch-size")
    let (chosen, net, size) = try network()
    let (height, width) = input.map { ($0.value, $0.value) } ?? size
    try MemoryRequirement.requireSide(min(height, width), for: net)
    try MemoryRequirement.requireSide(max(height, width), for: net)
    let shape = [batchSize.value, chosen.configuration.inputChannels, height, width]
    net.memoryEfficient = recomputation.memoryEfficient
    let prediction =
      memory ? try MemoryPrediction(net, inputShape: shape, device: compute.device(), resident: resident) : nil
    let summary = try NetworkSummary(net, name: chosen.name, inputShape: shape, memory: prediction)
    if json { try printJSON(summary) } else { try printResult(prediction?.table() ?? summary.table()) }
  }

  /// The network, and the height and width of the images that it is for.
  private func network() throws -> (ChosenModel, DenseNet, (Int, Int)) {
    guard let weights else {
      if entry.entry != nil { throw Failure(.usage, "--entry: expected --weights too; name the file with the entry") }
      let chosen = try model.choice.resolve(inputChannels: channels?.value, numClasses: numClasses?.value)
      return (chosen, DenseNet(chosen.configuration, initialization: nil), (chosen.imageSide, chosen.imageSide))
    }
    guard channels == nil, numClasses == nil else {
      throw Failure(.usage, "--channels and --num-classes: expected those of the weights, found others; leave them out")
    }
    let network = try LoadedNetwork(weights, entry, model)
    let size = try network.inputSize()
    return (network.chosen, network.net, (size.height, size.width))
  }
}

extension SummaryCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "initialWeights": ["densenet train --weights"], "imageSize": ["--input"],
  ]
}
