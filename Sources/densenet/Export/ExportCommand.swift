import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a network for another runtime.",
    discussion: """
      The ONNX model takes "input", fp32 images [N, C, H, W] normalised as in training, and returns "logits" [N, classes]. \
      For several labels per image its metadata says activation = sigmoid, and thresholds: apply the sigmoid to the logits. \
      Batch norms stay separate nodes and tensors keep their names, so that the file can be read back, bit for bit.
      """)

  /// What `--format` can name.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case onnx
  }

  @Option(help: ArgumentHelp("The weights to export.", valueName: "file"), transform: Path.parse)
  var weights: Path

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The format to write: onnx.", valueName: "name"))
  var format: Format = .onnx

  @Option(help: ArgumentHelp("The file to write.", valueName: "file.onnx"), transform: Path.parse)
  var output: Path

  @Option(
    help: ArgumentHelp(
      "Height and width of the images, in pixels, or \"any\". Default: the size that the weights record, else the network's own (96 for d2l, 224 for Table 1, 32 for CIFAR's).",
      valueName: "pixels"), transform: InputSize.parse)
  var inputSize: InputSize?

  @Flag(help: "Replace an existing file of another format.")
  var force = false

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

  func run() throws {
    let size: NetworkExport.Size =
      switch inputSize {
      case nil: .usual
      case .any?: .any
      case .side(let side)?: .side(side)
      }
    try OutputFile.require(output.url, as: .onnx, inputs: [weights.url], replaces: force)
    let export = NetworkExport(
      try LoadedNetwork(weights, entry, model), size: size, producerVersion: PackageVersion.current)
    let report =
      switch format {
      case .onnx: try export.writeONNX(to: output.text)
      }
    if json { return try printJSON(report) }
    let shape = report.inputShape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    printError("wrote \(report.output): ONNX, opset \(report.opset), \(report.model), input [\(shape)]")
  }
}

extension ExportCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "initialWeights": ["densenet train --weights"],
    "imageSize": ["--input-size"], "inputTensors": [], "classNames": [],
  ]
}
