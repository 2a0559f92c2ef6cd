public import DenseNetData

/// What a ``TabularTask`` learns from, and how. Paths are as the user calls them.
public struct TabularOptions: Sendable {
  /// The kinds of network.
  public enum Model: String, Sendable, CaseIterable {
    /// Each layer reads the input and all outputs before it.
    case denseMLP = "dense-mlp"
    /// A plain one of the same depth and size.
    case mlp
  }

  /// A CSV file with a header.
  public var train: String
  /// A table to predict, with the same columns but the target.
  public var test: String?
  /// The column to predict.
  public var target: String
  /// The column that identifies rows; networks do not see it. Nil: rows are counted from 1.
  public var id: String?
  /// Columns to leave out.
  public var dropped: [String] = []
  /// What `config.json` says why these are left out.
  public var dropReason = "named to be left out"
  /// Columns of numbers that are names, such as codes: each number is a category.
  public var categorical: [String] = []
  /// Columns that have to hold numbers.
  public var numeric: [String] = []
  /// How the tables are written.
  public var format = TableFormat()
  /// Whether the target's logarithm is learned.
  public var logTarget = true
  /// The most deviations from the mean that a number may be; farther ones count as so far.
  public var clip = 5.0
  /// Parts of the cross-validation.
  public var folds = 5
  public var model = Model.denseMLP
  /// Hidden layers.
  public var layers = 2
  /// Features that each layer adds.
  public var growthRate = 16
  /// The probability with which a value of a hidden layer is dropped in training.
  public var dropout = 0.1
  /// Passes over the training rows; nil: ``TabularOptions/defaultEpochs``, or as many as make
  /// ``TabularOptions/fewestSteps`` updates where the table is small.
  public var epochs: Int?
  /// Rows per batch.
  public var batchSize = 64
  /// AdamW's learning rate at first; it falls to 0 along half a cosine.
  public var learningRate = 0.01
  public var weightDecay = 0.3
  /// Of the folds, the weights, the order of rows and dropout.
  public var seed: UInt64 = 0
  /// The run folder. Nil: `runs/<model>-<table>-<time>`.
  public var output: String?
  /// What `config.json` says of the program that runs the task, and of its command line.
  public var program: (version: String, arguments: [String]) = ("", [])

  public static let defaultEpochs = 20
  public static let fewestSteps = 400

  public init(train: String, target: String) { (self.train, self.target) = (train, target) }

  /// The passes over so many training rows.
  func epochs(rows: Int) -> Int {
    if let epochs { return epochs }
    let stepsPerEpoch = (rows - 1) / batchSize + 1
    return max(Self.defaultEpochs, (Self.fewestSteps - 1) / stepsPerEpoch + 1)
  }
}
