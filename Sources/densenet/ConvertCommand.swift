import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write weights in another format, by torchvision's names.",
    discussion: """
      Reads safetensors, PyTorch checkpoints (.pth, .pt, .bin; of any version, also nested in a training checkpoint), \
      ONNX models of DenseNets and folders of timm and Hugging Face, whatever their names. Prefixes such as module. and the older names of \
      torchvision become today's. What the file says of its model, its classes and its preprocessing is kept. Numbers \
      become fp32: bit by bit from fp32, exactly from fp16 and bf16, rounded from fp64; integers become int64. No code \
      in a checkpoint is ever run.

      With --model or numbers of a network, the weights must be those of that network for any number of classes and \
      channels, and its name and numbers are noted in the file. Without, nothing is checked.

      --num-classes makes a new classifier, untrained, where the weights' is for another number of classes; \
      --input-channels sums or repeats the first convolution's weights, as timm does. Both are said on standard error.
      """)

  @Argument(help: "The weights to read: a file or a folder.", transform: Path.parse)
  var from: Path

  @Argument(
    help: "The file to write: .safetensors, or .pth or .pt for torch.load. A file there is replaced.",
    transform: Path.parse)
  var to: Path

  @OptionGroup var model: ModelOptions

  @Option(number: "Classes; with a new classifier where the weights have others. Default: the weights'.")
  var numClasses: Positive?

  @Option(number: "Channels of the images, to which the first convolution is adapted. Default: the weights'.")
  var inputChannels: Positive?

  @Option(number: "Seed of a new classifier.")
  var seed: Seed = Seed(0)

  @Flag(help: "Print what was done as JSON.")
  var json = false

  struct Report: Encodable {
    let from: String
    let to: String
    let format: WeightsFormat
    /// Where in a nested checkpoint the tensors were.
    let entry: String
    let tensors: Int
    let values: Int
    let renamed: Int
    let model: String?
    let numClasses: Int?
  }

  func run() throws {
    let target = try WeightsFile.writtenFormat(of: to.url)
    let reading = try WeightsReader(contentsOf: from.url)
    var file = reading.file
    let numClasses = namesModel ? try check(&file) : nil
    if target == .safetensors { file.metadata["format"] = "pt" }
    try file.write(to: to.url)
    let report = Report(
      from: from.text, to: to.text, format: reading.format, entry: reading.entry, tensors: file.tensors.count,
      values: file.tensors.reduce(0) { $0 + $1.value.count }, renamed: reading.renamed, model: file.card.model,
      numClasses: numClasses ?? file.card.classNames?.count)
    if json {
      try printResult(String(decoding: try compactJSON(report), as: UTF8.self))
    } else {
      printError(line(report))
    }
  }

  private var namesModel: Bool { model.choice.isExplicit || numClasses != nil || inputChannels != nil }

  /// Notes the model's name and numbers once its tensors are those of the file. Answers the classes.
  private func check(_ file: inout WeightsFile) throws -> Int {
    let plain = DenseNet(try model.choice.resolve(card: file.networkCard).configuration, initialization: nil)
    let chosen = try model.choice.resolve(
      card: file.networkCard, inputChannels: inputChannels?.value ?? file.inputChannels(of: plain),
      numClasses: numClasses?.value ?? file.numClasses(of: plain))
    let net = DenseNet(chosen.configuration, initialization: nil)
    if numClasses != nil || inputChannels != nil {
      try change(&file, to: net)
    } else {
      try file.requireFit(to: net)
    }
    file.card.model = chosen.name
    file.card.configuration = CardEntry(chosen.configuration)
    return chosen.configuration.numClasses
  }

  /// Takes the weights into a network of other classes or channels, and back.
  private func change(_ file: inout WeightsFile, to net: DenseNet) throws {
    let notes = try file.load(into: net, classes: .reinitialized(seed: seed.value), inputChannels: .adapted)
    for line in notes.lines { printError("note: \(line)") }
    var card = file.card
    if notes.classes != nil { card.classNames = nil }
    if notes.inputChannels != nil { card.preprocessing = nil }
    file = WeightsFile(stateOf: net, metadata: file.metadata)
    file.card = card
  }

  private func line(_ report: Report) -> String {
    var line = "\(report.from): \(report.tensors) tensors of \(report.values) values from \(description(report.format))"
    if !report.entry.isEmpty { line += ", under \(report.entry)" }
    if report.renamed > 0 { line += ", \(report.renamed) renamed" }
    return "\(line); wrote \(report.to)"
  }

  private func description(_ format: WeightsFormat) -> String {
    switch format {
    case .safetensors: "safetensors"
    case .pytorch: "a PyTorch checkpoint"
    case .pytorchLegacy: "a PyTorch checkpoint from before 1.6"
    case .onnx: "an ONNX model"
    }
  }
}
