import ArgumentParser
import DenseNetTasks
import DenseNets

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show each layer's output shape, parameters and multiply-adds, or the memory of training.")

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
    // So that no product of sizes overflows.
    try channels?.require(atMost: 1024, "--channels")
    try numClasses?.require(atMost: 1 << 16, "--num-classes")
    try batchSize.require(atMost: 1 << 16, "--batch-size")
    let chosen = try model.choice.resolve(inputChannels: channels?.value, numClasses: numClasses?.value)
    let net = DenseNet(chosen.configuration, initialization: nil)
    let side = input?.value ?? chosen.imageSide
    try MemoryRequirement.requireSide(side, for: net)
    let shape = [batchSize.value, chosen.configuration.inputChannels, side, side]
    net.memoryEfficient = recomputation.memoryEfficient
    let prediction = memory ? try MemoryPrediction(net, inputShape: shape, device: try compute.device()) : nil
    let summary = try NetworkSummary(net, name: chosen.name, inputShape: shape, memory: prediction)
    if json { try printJSON(summary) } else { try printResult(prediction?.table() ?? summary.table()) }
  }
}

extension SummaryCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--input"]]
}
