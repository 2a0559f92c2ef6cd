import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Show each layer's output shape, parameters and multiply-adds.")

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The height and width of the images, in pixels.", valueName: "pixels"))
  var input: Positive = Positive(96)

  @Option(help: ArgumentHelp("Channels of the images.", valueName: "n"))
  var channels: Positive = Positive(1)

  @Option(help: ArgumentHelp("Classes of the dataset.", valueName: "n"))
  var numClasses: Positive = Positive(10)

  @Option(help: ArgumentHelp("Images of a batch.", valueName: "n"))
  var batchSize: Positive = Positive(1)

  @Flag(help: "Print the table as JSON.")
  var json = false

  struct Report: Encodable {
    struct Layer: Encodable {
      let name: String
      let kind: String
      let output_shape: [Int]
      let parameters: Int
      let multiply_adds: Int
    }
    let model: String
    let input_shape: [Int]
    let layers: [Layer]
    let parameters: Int
    let multiply_adds: Int
  }

  func run() throws {
    guard channels.value <= 4096, numClasses.value <= 1 << 20, input.value <= 1 << 16, batchSize.value <= 1 << 20 else {
      throw Failure(.usage, "expected at most 4096 channels, 2^20 classes and images, and 65536 pixels a side")
    }
    let net = DenseNet(model.model.configuration(inputChannels: channels.value, numClasses: numClasses.value))
    let shape = [batchSize.value, channels.value, input.value, input.value]
    let layers = try net.summary(inputShape: shape)
    let report = Report(
      model: model.model.rawValue, input_shape: shape,
      layers: layers.map {
        Report.Layer(
          name: $0.name, kind: $0.kind, output_shape: $0.outputShape, parameters: $0.parameters,
          multiply_adds: $0.multiplyAdds)
      },
      parameters: net.parameterCount, multiply_adds: layers.reduce(0) { $0 + $1.multiplyAdds })
    try printResult(json ? String(decoding: try prettyJSON(report), as: UTF8.self) : table(report))
  }

  private func table(_ report: Report) -> String {
    var table = TextTable(columns: [
      .init("layer", .left), .init("kind", .left), .init("output shape", .left), .init("parameters", .right),
      .init("multiply-adds", .right),
    ])
    table.addRow(["", "input", "\(report.input_shape)", "", ""])
    for layer in report.layers {
      table.addRow([
        layer.name, layer.kind, "\(layer.output_shape)", layer.parameters == 0 ? "" : TextFormat.thousands(layer.parameters),
        layer.multiply_adds == 0 ? "" : TextFormat.thousands(layer.multiply_adds),
      ])
    }
    table.addRule()
    table.addRow([
      "total", report.model, "", TextFormat.thousands(report.parameters), TextFormat.thousands(report.multiply_adds),
    ])
    return table.rendered()
  }
}
