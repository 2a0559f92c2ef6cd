import DenseNetData
import DenseNetIO
import DenseNets

/// Which of a user's own images are evaluated, by what was asked for and what the weights say of those of training.
struct EvaluationPlan {
  /// With the columns that training took, where none are named.
  let source: ImageSource
  /// How images are split that do not come in parts, or by which a part was taken from the training images; nil: not.
  let rule: SplitRule?
  let part: EvaluationPart?
  /// What -1 means for a label, where that is as in training.
  let uncertain: TableColumns.Uncertain?
  private let training: TrainingImages
  private let hasOwnShares: Bool

  /// - Parameter rule: by the caller's shares; nil: as the weights say, where a part is asked for.
  /// - Throws: `Failure(.usage)` where a part is asked for, and nothing says how the images are split; else as
  ///   `ImageSource.splits`.
  init(
    _ source: ImageSource, of network: LoadedNetwork, part: EvaluationPart?, rule: SplitRule?,
    uncertain chosen: TableColumns.Uncertain?
  ) throws {
    training = TrainingImages(network.metadata)
    let (completed, policy) = try Self.completed(source, by: training, of: network, chosen)
    (self.source, uncertain) = (completed, policy)
    (self.part, hasOwnShares) = (part, rule != nil)
    guard rule == nil, part != nil else {
      self.rule = rule
      return
    }
    let isSplit = try self.source.isSplit()
    if let known = try training.rule(of: self.source, isSplit: isSplit, weights: network.source) {
      self.rule = known
    } else if isSplit {
      self.rule = SplitRule()
    } else if part == .all {
      self.rule = nil
    } else {
      throw Failure(
        .usage,
        "\(source.path): its images do not come in parts, and \(network.source) does not say how they were split; give the share that training held out",
        settings: ["validationShare"])
    }
  }

  /// A table with the columns of training, where none are named; those of labels are the names of the network's classes.
  private static func completed(
    _ source: ImageSource, by training: TrainingImages, of network: LoadedNetwork, _ chosen: TableColumns.Uncertain?
  ) throws -> (ImageSource, TableColumns.Uncertain?) {
    guard case .table(let path, var columns) = try source.completed(by: training.columns) else { return (source, nil) }
    if !columns.hasSeveralLabels, network.activation == .sigmoid, columns.label == nil, network.card.classNames != nil {
      columns.labels = try network.classNames()
    }
    columns.uncertain = columns.uncertain ?? chosen
    try columns.validate()
    guard columns.labels != nil, columns.uncertain == nil, let policy = training.columns.uncertain else {
      return (.table(path, columns: columns), nil)
    }
    columns.uncertain = policy
    return (.table(path, columns: columns), policy)
  }

  /// Warns of images that the weights were trained on.
  func warn(about paths: [String], _ monitor: TaskMonitor) {
    let request = TrainingImages.Request(
      part: part, hasOwnShares: hasOwnShares, isSplit: { (try? source.isSplit()) == true })
    guard let (text, settings) = training.warning(about: paths, request) else { return }
    monitor.warning(text, settings: settings)
  }
}
