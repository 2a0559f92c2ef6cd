import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show each layer's output shape, parameters and multiply-adds, or the memory of training.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var recomputation: MemoryOptions

  @Option(
    number:
      "The height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var input: Positive?

  @Option(number: "Channels of the images. Default: the model's.")
  var channels: Positive?

  @Option(number: "Classes of the dataset. Default: the model's.")
  var numClasses: Positive?

  @Option(number: "Images of a batch.")
  var batchSize: Positive = Positive(1)

  @Flag(
    help:
      "Predict the peak memory of training steps, as bench train measures it; a run adds its dataset and three more batches."
  )
  var memory = false

  @Flag(help: "Print the table as JSON.")
  var json = false

  struct Report: Encodable {
    struct Layer: Encodable {
      let name: String
      let kind: String
      let outputShape: [Int]
      let parameters: Int
      let multiplyAdds: Int
    }
    let model: String
    let inputShape: [Int]
    let layers: [Layer]
    let parameters: Int
    let multiplyAdds: Int
    let memory: MemoryPrediction?
  }

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
    let layers = try net.summary(inputShape: shape)
    let report = Report(
      model: chosen.name, inputShape: shape,
      layers: layers.map {
        Report.Layer(
          name: $0.name, kind: $0.kind, outputShape: $0.outputShape, parameters: $0.parameters,
          multiplyAdds: $0.multiplyAdds)
      },
      parameters: net.parameterCount, multiplyAdds: layers.reduce(0) { $0 + $1.multiplyAdds },
      memory: prediction)
    if json { try printJSON(report) } else { try printResult(prediction?.table() ?? table(report)) }
  }

  private func table(_ report: Report) -> String {
    var table = TextTable(columns: [
      .init("layer", .left), .init("kind", .left), .init("output shape", .left), .init("parameters", .right),
      .init("multiply-adds", .right),
    ])
    table.addRow(["", "input", "\(report.inputShape)", "", ""])
    for layer in report.layers {
      table.addRow([
        layer.name, layer.kind, "\(layer.outputShape)",
        layer.parameters == 0 ? "" : TextFormat.thousands(layer.parameters),
        layer.multiplyAdds == 0 ? "" : TextFormat.thousands(layer.multiplyAdds),
      ])
    }
    table.addRule()
    table.addRow([
      "total", report.model, "", TextFormat.thousands(report.parameters), TextFormat.thousands(report.multiplyAdds),
    ])
    return table.rendered()
  }
}

extension SummaryCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--input"]]
}
