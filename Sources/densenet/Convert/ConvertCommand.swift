import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert weights to another format, with torchvision's names.",
    discussion: """
      Reads safetensors, PyTorch checkpoints (.pth, .pt, .bin; of any version, also nested in a training checkpoint), \
      ONNX models of DenseNets and folders of timm and Hugging Face, recognised by their content. Prefixes such as \
      module. are removed and torchvision's older names become today's. The model, classes and preprocessing that the \
      file records are kept. Values become fp32: bit for bit from fp32, exactly from fp16 and bf16, rounded from fp64; \
      integers become int64. No code in a checkpoint is ever run.

      With --model or other network options, the weights must fit that network, with any number of classes and \
      channels, and its name and configuration are recorded in the file. Without them, this is not checked.

      --num-classes makes a new, untrained classifier where the weights have another number of classes; \
      --input-channels sums or repeats the first convolution's weights, as timm does. Both are reported on standard \
      error.
      """)

  @Argument(help: "The weights to read: a file or a folder.", transform: Path.parse)
  var from: Path

  @Argument(
    help:
      "The file to write: .safetensors, or .pth or .pt for torch.load. An existing file of the same format is replaced.",
    transform: Path.parse)
  var to: Path

  @OptionGroup var entry: EntryOptions
  @OptionGroup var model: ModelOptions

  @Option(
    number: "Number of classes; a new classifier is made where the weights have another number. Default: the weights'.")
  var numClasses: Positive?

  @Option(number: "Channels of the images; the first convolution is adapted to them. Default: the weights'.")
  var inputChannels: Positive?

  @Option(number: "Seed for a new classifier.")
  var seed: Seed = Seed(0)

  @Flag(help: "Replace an existing file of another format.")
  var force = false

  @Flag(help: "Print what was done as JSON.")
  var json = false

  func run() throws {
    let target = try WeightsFile.writtenFormat(of: to.url)
    try OutputFile.require(to.url, as: target, inputs: [from.url], replaces: force)
    let reading = try WeightsReader(contentsOf: from.url, entry: entry.entry)
    var file = reading.file
    for note in file.notes { printError("note: \(note.line(of: self))") }
    var conversion = WeightsConversion()
    (conversion.model, conversion.seed) = (model.choice, seed.value)
    (conversion.numClasses, conversion.inputChannels) = (numClasses?.value, inputChannels?.value)
    let converted = try conversion.apply(to: &file)
    for line in converted.report?.lines ?? [] { printError("note: \(line)") }
    if target == .safetensors { file.metadata["format"] = "pt" }
    try file.write(to: to.url)
    let report = ConversionReport(from: from.text, to: to.text, reading, file, numClasses: converted.numClasses)
    if json { try printJSON(report) } else { printError(report.line) }
  }
}

extension ConvertCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["output": []]
}
