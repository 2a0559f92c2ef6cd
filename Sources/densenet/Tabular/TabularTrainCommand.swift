public import ArgumentParser
import DenseNetIO
import DenseNetReports
public import DenseNetTasks
import DenseNets
import Foundation

extension TabularOptions.Model: ExpressibleByArgument {}

struct TabularTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train densely connected multilayer perceptrons on a table, with cross-validation.",
    discussion: """
      The table is a CSV file with a header. Numeric columns are standardised, and missing numbers count as the mean; \
      a text column becomes a column of ones and zeros for each category, and one for missing values. A column whose \
      values are almost all numbers is an error until you say what the others are. The rows are split \
      into folds; for each, a network learns from the others and is tested on it. The error is the root mean squared \
      error of the target's logarithm, so that errors count by ratio; --no-log-target uses the target itself.

      The run folder holds config.json (settings), folds.csv (the fold of each row), preprocessing.json (means, \
      deviations and categories), model.safetensors (the networks of all folds), summary.json (results) and, with \
      --test, submission.csv: for each row of that table, the mean of the networks' predictions.
      """)

  @Argument(
    help: ArgumentHelp("The table to learn from.", valueName: "train.csv"), transform: Path.parse)
  var train: Path

  @Option(
    help: ArgumentHelp(
      "A table to predict, with the same columns except the target. Default: none, and no submission.csv.",
      valueName: "test.csv"),
    transform: Path.parse)
  var test: Path?

  @Option(help: ArgumentHelp("The column to predict.", valueName: "column"))
  var target: String

  @Option(
    help: ArgumentHelp(
      "The column that identifies rows; the networks do not see it. Default: rows are counted from 1.",
      valueName: "column")
  )
  var id: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Columns to leave out, separated by commas; may be repeated. A column without a name is called by its place from 0, as in pandas: \"Unnamed: 0\". Default: none.",
      valueName: "columns"))
  var drop: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Columns whose values are categories even where they look like numbers, such as codes; separated by commas, may be repeated. Default: columns that hold texts.",
      valueName: "columns"))
  var categorical: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Columns that must hold numbers; separated by commas, may be repeated. Default: columns that hold nothing else.",
      valueName: "columns"))
  var numeric: [String] = []

  @OptionGroup(title: "How the tables are written") var format: TableFormatOptions

  @Flag(help: "Learn the target itself. Default: its logarithm.")
  var noLogTarget = false

  @Option(
    number:
      "Clip numbers at this many standard deviations from the mean. A large value leaves all of them unchanged.",
    valueName: "x")
  var clip: PositiveReal = PositiveReal(5)

  @Option(number: "Folds of the cross-validation.")
  var folds: Positive = Positive(5)

  @Option(
    help: ArgumentHelp(
      "dense-mlp: each layer reads the input and all outputs before it. mlp: a plain perceptron of the same depth and size. Default: dense-mlp.",
      valueName: "name"))
  var model: TabularOptions.Model = .denseMLP

  @Option(number: "Hidden layers.")
  var layers: Positive = Positive(2)

  @Option(number: "Features that each layer adds; --model mlp gets the width that makes it the same size.")
  var growthRate: Positive = Positive(16)

  @Option(number: "Dropout probability of the values in a hidden layer, in training.", valueName: "p")
  var dropout: Fraction = Fraction(0.1)

  @Option(
    number:
      "Passes over the training rows. Default: \(TabularOptions.defaultEpochs), or as many as make \(TabularOptions.fewestSteps) updates where the table is small."
  )
  var epochs: Positive?

  @Option(number: "Rows per batch.")
  var batchSize: Positive = Positive(64)

  @Option(number: "Initial learning rate of AdamW; it falls to 0 along half a cosine.", valueName: "x")
  var lr: PositiveReal = PositiveReal(0.01)

  @Option(number: "Weight decay of AdamW.", valueName: "x")
  var weightDecay: NonNegativeReal = NonNegativeReal(0.3)

  @Option(number: "Seed for the folds, the weights, the order of rows and dropout.")
  var seed: Seed = Seed(0)

  @Option(
    number: "Worker threads; results do not depend on their number. More than one thread helps only wide networks.")
  var threads: Positive = Positive(1)

  @Option(
    help: ArgumentHelp("The run folder. Default: runs/<model>-<table>-<time>.", valueName: "folder"),
    transform: Path.parse)
  var output: Path?

  @Flag(help: "Print the summary as JSON.")
  var json = false

  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  func run() throws {
    try threads.require(atMost: 1024, "--threads")
    try epochs?.require(atMost: 1_000_000, "--epochs")
    let device = try Device.cpu(threads: threads.value)
    var task = try TabularTask(options)
    task.device = device
    let display = TabularDisplay(errorName: noLogTarget ? "rmse" : "log rmse", quiet: quiet, command: self)
    task.events = display.events
    task.monitor.shouldStop = { Interrupts.requested }
    Interrupts.watch()
    defer { display.end() }
    let outcome = try task.run()
    display.end()
    let place = outcome.folder.url.relativePath
    let remedy = "the results are in \(place)"
    if json { return try printJSON(outcome.summary, remedy: remedy) }
    try printResult(display.closingLines(outcome.summary, place), remedy: remedy)
  }

  private var options: TabularOptions {
    var options = TabularOptions(train: train.text, target: target)
    (options.test, options.id, options.dropped, options.dropReason) = (test?.text, id, drop, "named by --drop")
    (options.categorical, options.numeric) = (categorical, numeric)
    format.apply(to: &options.format)
    (options.logTarget, options.clip, options.folds) = (!noLogTarget, clip.value, folds.value)
    (options.model, options.layers, options.growthRate) = (model, layers.value, growthRate.value)
    (options.dropout, options.epochs, options.batchSize) = (dropout.value, epochs?.value, batchSize.value)
    (options.learningRate, options.weightDecay, options.seed) = (lr.value, weightDecay.value, seed.value)
    options.output = output?.text
    options.program = (PackageVersion.current, Array(CommandLine.arguments.dropFirst()))
    return options
  }
}

extension TabularTrainCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["delimiter": ["--delimiter"]]
}
