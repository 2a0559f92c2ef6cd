import DenseNets

/// What is wrong with a weights file, before its name is known.
struct WeightsProblem: Error {
  let reason: String
  let remedy: String
  /// What to change, where that is a setting of the work.
  let settings: [Failure.Setting]

  init(
    _ reason: String, remedy: String = "save or download the file again", settings: [Failure.Setting] = []
  ) {
    (self.reason, self.remedy, self.settings) = (reason, remedy, settings)
  }

  /// The problem as one line that names the file.
  func failure(in source: String) -> Failure {
    Failure(.invalidData, "\(source): \(reason); \(remedy)", settings: settings)
  }
}
