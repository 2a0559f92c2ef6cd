/// A task ended early because its monitor asked for it.
public struct TaskInterruption: Error, Sendable, CustomStringConvertible {
  /// Such as `interrupted after 128 images`.
  public let description: String

  public init(_ description: String) { self.description = description }
}
