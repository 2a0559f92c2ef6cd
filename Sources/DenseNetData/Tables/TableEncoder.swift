public import DenseNets

/// Turns features into a network's input, as the chapter on house prices of *Dive into Deep Learning* does with pandas.
///
/// - Numbers are standardised, `(x − mean) / deviation` with the sample's deviation (n − 1), and missing ones are 0.
/// - Each category has a column of ones and zeros, as from `get_dummies(dummy_na=True)`: first all numbers in
///   the order of the table, then every text column's categories, sorted by code points, and one for missing.
///
/// Means, deviations and categories are those of the rows that it is fitted to; the chapter takes those of all rows,
/// test rows included. A category that none of them has counts as missing.
public struct TableEncoder: Sendable, Equatable, Codable {
  public struct NumericColumn: Sendable, Equatable, Codable {
    public let name: String
    public let mean: Double
    /// 0 where all numbers are the same: then they are encoded as 0.
    public let deviation: Double
  }

  public struct CategoricalColumn: Sendable, Equatable, Codable {
    public let name: String
    public let categories: [String]
  }

  public let numeric: [NumericColumn]
  public let categorical: [CategoricalColumn]
  /// The greatest magnitude of a standardised number; larger ones are clamped to it. Nil: no limit, as in the chapter.
  public let limit: Double?

  /// - Parameters:
  ///   - rows: the rows from which means, deviations and categories are taken.
  ///   - limit: in deviations, positive. Keeps a few outliers from dominating a network that is linear in its input.
  public init(fitting table: FeatureTable, rows: [Int], limit: Double? = nil) {
    precondition(limit ?? 1 > 0, "the limit must be positive, found \(limit ?? 0)")
    self.limit = limit
    var numeric: [NumericColumn] = []
    var categorical: [CategoricalColumn] = []
    for column in table.columns {
      switch column.values {
      case .numbers(let values):
        let (mean, deviation) = Self.moments(rows.compactMap { values[$0] })
        numeric.append(NumericColumn(name: column.name, mean: mean, deviation: deviation))
      case .texts(let values):
        let categories = Set(rows.compactMap { values[$0] }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        categorical.append(CategoricalColumn(name: column.name, categories: categories))
      }
    }
    (self.numeric, self.categorical) = (numeric, categorical)
  }

  private func standardized(_ value: Double, _ moments: NumericColumn) -> Float {
    let standardized = (value - moments.mean) / moments.deviation
    return Float(limit.map { min(max(standardized, -$0), $0) } ?? standardized)
  }

  /// The mean and the sample's standard deviation; 0 and 0 for none.
  static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    guard let first = values.first else { return (0, 0) }
    // Rounding would leave equal numbers a small deviation.
    guard values.count > 1, values.contains(where: { $0 != first }) else { return (first, 0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count - 1)).squareRoot())
  }

  /// Columns of the encoding.
  public var featureCount: Int { numeric.count + categorical.reduce(0) { $0 + $1.categories.count + 1 } }

  /// The names of the encoding's columns, as pandas gives them: `LotArea`, `Street_Pave`, `Street_nan`.
  public var featureNames: [String] {
    numeric.map(\.name) + categorical.flatMap { column in (column.categories + ["nan"]).map { "\(column.name)_\($0)" } }
  }

  /// The widest encoding: more columns stem from names and identifiers, from which nothing can be learned.
  package static let featureLimit = 1 << 14

  /// - Parameters:
  ///   - memory: of the machine, in bytes.
  ///   - source: the table's name for messages.
  /// - Throws: `Failure(.invalidData)` where the encoding is too wide, or that of `rows` rows does not fit into memory.
  package func requireSize(rows: Int, memory: Int, source: String) throws(Failure) {
    let widest = categorical.max { $0.categories.count < $1.categories.count }
    let remedy =
      widest.map { "the column \"\($0.name)\" alone has \(grouped($0.categories.count)) categories; leave it out" }
      ?? "leave columns out"
    guard featureCount <= Self.featureLimit else {
      throw Failure(
        .invalidData,
        "\(source): expected at most \(grouped(Self.featureLimit)) features, found \(grouped(featureCount)); \(remedy)")
    }
    let bytes = rows * featureCount * MemoryLayout<Float>.size
    guard bytes <= memory / 2 else {
      throw Failure(
        .invalidData,
        "\(source): its \(grouped(rows)) rows of \(grouped(featureCount)) features take \(grouped(bytes)) bytes, more than half of the machine's memory; \(remedy)"
      )
    }
  }

  /// - Parameter table: has the columns that the encoder was fitted to, in their order.
  /// - Returns: `[rows, featureCount]`.
  public func encode(_ table: FeatureTable, rows: [Int]) -> Tensor {
    let width = featureCount
    var result = [Float](repeating: 0, count: rows.count * width)
    var (nextNumeric, nextCategorical, offset) = (0, 0, numeric.count)
    for column in table.columns {
      switch column.values {
      case .numbers(let values):
        let moments = numeric[nextNumeric]
        precondition(moments.name == column.name, "expected the column \(moments.name), found \(column.name)")
        for (position, row) in rows.enumerated() where moments.deviation > 0 {
          result[position * width + nextNumeric] = values[row].map { standardized($0, moments) } ?? 0
        }
        nextNumeric += 1
      case .texts(let values):
        let categories = categorical[nextCategorical].categories
        precondition(categorical[nextCategorical].name == column.name, "the column \(column.name) was not fitted")
        let positions = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, $0) })
        for (position, row) in rows.enumerated() {
          let category = values[row].flatMap { positions[$0] } ?? categories.count
          result[position * width + offset + category] = 1
        }
        offset += categories.count + 1
        nextCategorical += 1
      }
    }
    return Tensor(shape: [rows.count, width], values: result)
  }
}
