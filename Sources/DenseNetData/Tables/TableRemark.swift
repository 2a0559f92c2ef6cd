public import DenseNets

/// Something about a table that a person should know, in one line.
public struct TableRemark: Sendable, Equatable {
  public let text: String
  /// What to change, as in ``Failure/settings``.
  public let settings: [Failure.Setting]

  public init(_ text: String, settings: [Failure.Setting] = []) { (self.text, self.settings) = (text, settings) }
}
