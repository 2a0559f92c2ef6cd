/// What went wrong, in one line that a person can act upon: what was expected, what was found, where, and what to do.
///
/// Every module throws this type for bad input. A programmer's error (a misshapen tensor passed in code) is a
/// precondition failure instead.
public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The class of a failure, which decides the command's exit status.
  public enum Kind: Sendable {
    /// An option or an argument that cannot be used. Exit status 64.
    case usage
    /// A file whose content is wrong. Exit status 65.
    case invalidData
    /// A file, a folder or a dataset that is not there. Exit status 66.
    case missingInput
    /// A file or a connection that cannot be read or written. Exit status 74.
    case inputOutput
    /// A defect of this program. Exit status 70.
    case internalError
  }

  public let kind: Kind
  /// One line, without a full stop at its end.
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
