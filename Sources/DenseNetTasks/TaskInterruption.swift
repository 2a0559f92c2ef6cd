/// A task ended early because its monitor said so.
public struct TaskInterruption: Error, Sendable, CustomStringConvertible {
  /// Such as `interrupted after 128 images`.
  public let description: String

  public init(_ description: String) { self.description = description }
}
