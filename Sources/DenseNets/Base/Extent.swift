/// A height and a width, in pixels. An integer literal makes a square.
public struct Extent: Sendable, Equatable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public init(_ side: Int) { self.init(side, side) }
  public init(integerLiteral side: Int) { self.init(side) }
  public var description: String { height == width ? "\(height)" : "(\(height), \(width))" }
  /// Pixels.
  public var area: Int { height * width }
}
