import DenseNets

/// What is wrong with a weights file, before its name is known.
struct WeightsProblem: Error {
  let reason: String
  let remedy: String

  init(_ reason: String, remedy: String = "save or download the file again") {
    (self.reason, self.remedy) = (reason, remedy)
  }

  /// The problem as one line that names the file.
  func failure(in source: String) -> Failure {
    Failure(.invalidData, "\(source): \(reason); \(remedy)")
  }
}
