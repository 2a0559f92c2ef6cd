import DenseNets

/// Why a file could not be downloaded.
struct DownloadError: Error {
  enum Cause: Equatable {
    /// No response: no network, an unknown host, a refused or broken connection, or a silent peer.
    case network
    /// The server reports that it does not have, or does not give, the file.
    case refused
    /// What came is not the file.
    case content
    /// The file cannot be written here.
    case local
  }

  let cause: Cause
  /// What happened and where, without a remedy.
  let message: String
  /// Whether a mirror was out of reach, though none gave anything wrong.
  var isWantOfNetwork: Bool { cause == .network }

  init(_ cause: Cause, _ message: String) {
    self.cause = cause
    self.message = message
  }

  /// The failure of all mirrors together: wrong content weighs most, then a mirror out of reach.
  init(all errors: [DownloadError]) {
    let weights: [Cause] = [.local, .content, .network, .refused]
    cause = weights.first { cause in errors.contains { $0.cause == cause } } ?? .refused
    message = errors.isEmpty ? "no mirror is known" : errors.map(\.message).joined(separator: "; ")
  }

  func failure(of name: String, cache: String) -> Failure {
    let kind: Failure.Kind
    let remedy: String
    var settings: [Failure.Setting] = ["dataDirectory"]
    switch cause {
    case .network, .refused:
      (kind, remedy) = (.missingInput, "run again to continue, or name a folder that holds it")
    case .content: (kind, remedy) = (.invalidData, "the file was removed; run again, or name a folder that holds it")
    case .local:
      (kind, remedy) = (.inputOutput, "free some space or choose another folder with XDG_CACHE_HOME")
      settings = []
    }
    return Failure(
      kind, "\(name) is not in \(cache) and cannot be downloaded: \(message); \(remedy)", settings: settings)
  }
}
