/// What a network's maps hold.
public enum Precision: String, Sendable, CaseIterable {
  case fp32
  /// The upper half of fp32, for maps and their gradients; sums, statistics, parameters and their gradients stay fp32.
  case bf16

  /// Of one value.
  var bytes: Int {
    switch self {
    case .fp32: 4
    case .bf16: 2
    }
  }
}
