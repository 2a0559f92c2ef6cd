public import ArgumentParser
public import DenseNetData
import DenseNetTasks
import DenseNets

/// Which columns of a table of images say what.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With csv:<file>, for several labels per image: the columns of labels, each of 0 and 1 (also True and False), empty where unknown. Default: one class per image; evaluate takes the labels that the weights name, if these are for several.",
      valueName: "name,name,…"), transform: { try TableColumns.names($0) })
  var labelColumns: [String]?

  @Option(
    help: ArgumentHelp(
      "With csv:<file>, for several labels per image: what separates the labels in the label column, such as \"|\"; an empty field and \"No Finding\" mean no label. Default: one class per image; evaluate takes what training took, if the table has that column.",
      valueName: "text"))
  var labelSeparator: String?

  @Option(
    help: ArgumentHelp(
      "With --label-columns: what -1 means: ignore (unknown, as an empty field), zero or one. Default: ignore; evaluate takes what the weights say.",
      valueName: "name"))
  var uncertain: TableColumns.Uncertain?

  @Option(
    help: ArgumentHelp(
      "With csv:<file>: the column of image files. Default: path; evaluate takes the one of training if there is no path.",
      valueName: "name"))
  var pathColumn: String?

  @Option(
    help: ArgumentHelp(
      "With csv:<file>: the column of classes, or of joined labels. Default: label; evaluate takes the one of training if there is no label.",
      valueName: "name"))
  var labelColumn: String?

  @Option(
    help: ArgumentHelp(
      "With csv:<file>: a column, such as that of patients, whose rows of one value all train or all test when the table is split. Default: each row by itself; evaluate takes the one of training if the table has it.",
      valueName: "name"))
  var groupColumn: String?

  var columns: TableColumns {
    var columns = TableColumns()
    change(&columns)
    return columns
  }

  /// Applies what is given. Columns of labels take the place of a column of joined ones, and the other way round.
  func change(_ columns: inout TableColumns) {
    if labelColumns != nil, labelSeparator == nil { (columns.label, columns.separator) = (nil, nil) }
    if labelSeparator != nil, labelColumns == nil { (columns.labels, columns.uncertain) = (nil, nil) }
    if let pathColumn { columns.path = pathColumn }
    if let labelColumn { columns.label = labelColumn }
    if let groupColumn { columns.group = groupColumn }
    if let labelColumns { columns.labels = labelColumns }
    if let labelSeparator { columns.separator = labelSeparator }
    if let uncertain { columns.uncertain = uncertain }
  }
}

extension TableColumns.Uncertain: ExpressibleByArgument {}

/// How several labels per image are learnt and decided.
struct LabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With several labels: weight of the positives in the loss, as PyTorch's pos_weight: balanced (negatives / positives of the training images, for each label), or numbers, one per label. Default: 1.",
      valueName: "balanced or x,x,…"), transform: { try Recipe.PositiveWeights($0) })
  var posWeight: Recipe.PositiveWeights?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With several labels: probability from which an image is said to have a label, kept with the weights: a number, or best-f1 (for each label the threshold of the best F1 on the validation images, or the test images if there are no others). Default: 0.5.",
      valueName: "x or best-f1"), transform: { try Recipe.DecisionThreshold($0) })
  var threshold: Recipe.DecisionThreshold?

  /// Applies what is given.
  func change(_ recipe: inout Recipe) {
    if let posWeight { recipe.posWeight = posWeight }
    if let threshold { recipe.threshold = threshold }
  }
}

/// From which probability on predictions say that an image has a label.
struct ThresholdOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With several labels: probability from which an image is said to have a label. Default: the weights' (0.5 where they do not say).",
      valueName: "x"), transform: { try Recipe.DecisionThreshold.number($0) })
  var threshold: Double?
}
