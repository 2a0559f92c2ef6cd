/// Something that a person should know, in one line, with what to change about it.
public struct Remark: Sendable, Equatable {
  /// One line, without a full stop at its end, in the library's terms.
  public let text: String
  /// What to change, as in ``Failure/settings``.
  public let settings: [Failure.Setting]

  public init(_ text: String, settings: [Failure.Setting] = []) { (self.text, self.settings) = (text, settings) }
}
