import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a network for another runtime.",
    discussion: """
      The ONNX model takes "input", fp32 images [N, C, H, W] normalised as in training, and gives "logits" [N, classes]. \
      Batch norms stand by themselves and tensors keep their names, so that the file can be read back, bit for bit.
      """)

  /// What `--format` can name.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case onnx
  }

  @Option(help: ArgumentHelp("The weights to export.", valueName: "file"), transform: Path.parse)
  var weights: Path

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The format to write: onnx.", valueName: "name"))
  var format: Format = .onnx

  @Option(help: ArgumentHelp("The file to write.", valueName: "file.onnx"), transform: Path.parse)
  var output: Path

  @Option(
    help: ArgumentHelp(
      "The height and width of the images, in pixels, or \"any\". Default: what the weights say that they are for, else what the network is made for (96 for d2l, 224 for Table 1, 32 for CIFAR's).",
      valueName: "pixels"), transform: InputSize.parse)
  var inputSize: InputSize?

  @Flag(help: "Print what was written as JSON.")
  var json = false

  /// What `--input-size` can be.
  enum InputSize {
    case any
    case side(Int)

    @Sendable static func parse(_ argument: String) throws -> InputSize {
      if argument == "any" { return .any }
      guard let side = Int(argument), (1...MemoryRequirement.largestSide).contains(side) else {
        throw Failure(.usage, "expected a number of pixels up to \(MemoryRequirement.largestSide), or \"any\"")
      }
      return .side(side)
    }
  }

  struct Report: Encodable {
    let model: String
    let format: String
    let opset: Int
    let irVersion: Int
    let output: String
    let bytes: Int
    /// nil: a named axis.
    let inputShape: [Int?]
    let numClasses: Int
    let parameters: Int
  }

  func run() throws {
    let loaded = try LoadedNetwork(weights: weights.text, model: model.choice)
    let size = try size(loaded)
    if let size { try MemoryRequirement.requireSide(min(size.height, size.width), for: loaded.net) }
    let data: Data
    switch format {
    case .onnx: data = try onnx(loaded, size: size)
    }
    try AtomicFile.write(data, to: output.url)
    let configuration = loaded.configuration
    try tell(
      Report(
        model: loaded.chosen.name, format: format.rawValue, opset: ONNXExport.opset, irVersion: ONNXExport.irVersion,
        output: output.text, bytes: data.count,
        inputShape: [nil, configuration.inputChannels, size?.height, size?.width],
        numClasses: configuration.numClasses, parameters: loaded.net.parameterCount))
  }

  /// - Parameter size: nil for any.
  private func onnx(_ loaded: LoadedNetwork, size: Extent?) throws -> Data {
    var card = loaded.card
    card.model = loaded.chosen.name
    return try ONNXExport(
      loaded.net, inputSize: size, card: card, producerVersion: DenseNetCommand.version
    ).serialized()
  }

  private func tell(_ report: Report) throws {
    if json { return try printJSON(report) }
    let shape = report.inputShape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    printError("wrote \(report.output): ONNX, opset \(report.opset), \(report.model), input [\(shape)]")
  }

  /// - Returns: nil for any size.
  private func size(_ loaded: LoadedNetwork) throws -> Extent? {
    switch inputSize {
    case .any?: return nil
    case .side(let side)?: return Extent(side)
    case nil:
      guard loaded.card.preprocessing != nil, let size = try loaded.preprocessing().fixedInputSize else {
        return Extent(loaded.chosen.imageSide)
      }
      return Extent(size.height, size.width)
    }
  }
}

extension ExportCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--input-size"]]
}
