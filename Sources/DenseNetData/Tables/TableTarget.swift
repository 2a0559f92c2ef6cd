public import DenseNets
internal import Foundation

/// The numbers that a network learns to predict, one per row, on the scale on which it learns them.
public struct TableTarget: Sendable, Equatable {
  /// The column's name.
  public let name: String
  /// Whether ``values`` are logarithms of the table's numbers.
  public let isLogarithm: Bool
  /// On the scale of learning.
  public let values: [Double]

  /// - Parameter logarithm: whether to learn the natural logarithm, so that errors count by ratio.
  /// - Throws: `Failure(.invalidData)` that names the first row whose value is missing, no number, beyond 1e100, or not
  ///   positive where the logarithm is wanted; and where all values are the same.
  public init(_ name: String, of table: CSVTable, logarithm: Bool) throws(Failure) {
    let column = try table.column(named: name)
    var values: [Double] = []
    let reader = CellReader(table.format)
    for (row, fields) in table.rows.enumerated() {
      let text = CellReader.trimmed(fields[column])
      let read: Double? = if case .number(let number) = reader.cell(text) { number } else { nil }
      guard let number = read, abs(number) <= FieldText.greatest, number > 0 || !logarithm else {
        let expected = logarithm ? "a number above 0, for its logarithm," : "a number"
        let limit = read.map { abs($0) > FieldText.greatest } == true ? " of at most \(FieldText.greatest)" : ""
        let isWrittenOtherwise = if read == nil, case .otherMarks? = NumberLook(text) { true } else { false }
        let remedy =
          isWrittenOtherwise
          ? "say how numbers are written, or correct it"
          : "correct or remove the row\(logarithm ? ", or predict the number itself" : "")"
        throw Failure(
          .invalidData,
          "\(table.place(row: row, column: column)): expected \(expected) to predict\(limit), found \"\(printable(text, limit: 40))\"; \(remedy)",
          settings: isWrittenOtherwise ? ["decimal", "thousands"] : logarithm ? ["logTarget"] : [])
      }
      values.append(logarithm ? log(number) : number)
    }
    guard values.contains(where: { $0 != values[0] }) else {
      throw Failure(
        .invalidData,
        "\(table.source): expected different values of \"\(name)\" to predict, found the same in every row; choose another target",
        settings: ["target"])
    }
    (self.name, isLogarithm, self.values) = (name, logarithm, values)
  }

  /// A prediction in the table's unit.
  public func unit(of value: Double) -> Double { Self.unit(of: value, isLogarithm: isLogarithm) }

  /// A prediction of a number or its logarithm, as the number.
  package static func unit(of value: Double, isLogarithm: Bool) -> Double { isLogarithm ? exp(value) : value }
}

/// Maps the targets of the training rows to mean 0 and deviation 1, where networks learn best.
public struct TargetScale: Sendable, Equatable, Codable {
  public let mean: Double
  public let deviation: Double

  /// - Parameter values: the training rows'.
  public init(fitting values: [Double]) {
    let moments = TableEncoder.moments(values)
    (mean, deviation) = (moments.mean, moments.deviation > 0 ? moments.deviation : 1)
  }

  public func standardized(_ value: Double) -> Double { (value - mean) / deviation }
  public func value(of standardized: Double) -> Double { mean + standardized * deviation }
}
