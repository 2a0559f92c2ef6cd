/// What went wrong, in one line that a person can act upon: what was expected, what was found, where, and what to do.
///
/// Every module throws this type for bad input. A programmer's error (a misshapen tensor passed in code) is a
/// precondition failure instead.
public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The class of a failure.
  public enum Kind: Sendable {
    /// A setting or an argument that cannot be used.
    case usage
    /// A file whose content is wrong.
    case invalidData
    /// A file, a folder or a dataset that is not there.
    case missingInput
    /// A file or a connection that cannot be read or written.
    case inputOutput
    /// A defect of this program.
    case internalError
  }

  public let kind: Kind
  /// One line, without a full stop at its end, in the library's terms; what is no text in it is escaped.
  public let description: String
  /// What to change, where that is a setting of the work: a command adds the names of its options.
  public let settings: [Setting]

  public init(_ kind: Kind, _ description: String, settings: [Setting] = []) {
    self.kind = kind
    self.description = printable(description)
    self.settings = settings
  }

  /// A setting by its name in the library, such as `batchSize`.
  public struct Setting: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
  }
}
