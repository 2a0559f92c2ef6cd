import DenseNets
import Foundation

@testable import DenseNetData

/// Tables: the first byte says how they are written, and what their columns are.
let tableTargets = [
  FuzzTarget("csv") { bytes in
    guard let choice = bytes.first else { return }
    let table = try CSVTable(bytes: Array(bytes.dropFirst()), source: "table.csv", format: format(choice))
    require(table.rows.allSatisfy { $0.count == table.header.count }, "rows of another length")
    require(table.lines.count == table.rows.count, "\(table.lines.count) lines of \(table.rows.count) rows")
    try learn(from: table)
  },
  FuzzTarget("image-table") { bytes in
    guard let choice = bytes.first else { return }
    let path = Scratch.write(bytes.dropFirst(), to: "images.csv")
    let table = try ImageTable(path, columns(choice))
    require(table.parts.map { $0.count == table.images.count } ?? true, "parts of other images")
  },
]

/// Plain in most cases.
private func format(_ choice: UInt8) -> TableFormat {
  var format = TableFormat()
  switch choice {
  case UInt8(ascii: ";"): (format.delimiter, format.decimal, format.thousands) = (";", ",", ".")
  case UInt8(ascii: "t"): (format.delimiter, format.thousands) = ("\t", " ")
  case UInt8(ascii: "m"): format.missing = ["-999", "?", "none"]
  default: break
  }
  return format
}

/// The last column is to be predicted, of the others.
private func learn(from table: CSVTable) throws {
  let target = table.header[table.header.count - 1]
  let schema = try TableSchema(of: table, without: [target])
  let features = try schema.features(of: table)
  let encoder = TableEncoder(fitting: features, rows: Array(table.rows.indices), limit: 5)
  _ = schema.remarks(on: features, of: table, known: [encoder])
  try encoder.requireSize(rows: table.rows.count, memory: 1 << 24, source: table.source)
  let encoded = encoder.encode(features, rows: Array(table.rows.indices))
  require(encoded.isFinite, "an encoding that is not finite")
  for logarithm in [true, false] {
    let values = try TableTarget(target, of: table, logarithm: logarithm).values
    require(values.allSatisfy(\.isFinite), "a target that is not finite")
  }
}

private func columns(_ choice: UInt8) -> TableColumns {
  var columns = TableColumns()
  switch choice {
  case UInt8(ascii: "|"): columns.separator = "|"
  case UInt8(ascii: "l"): columns.labels = ["a", "b"]
  case UInt8(ascii: "u"): (columns.labels, columns.uncertain) = (["a", "b"], .one)
  case UInt8(ascii: "g"): columns.group = "patient"
  default: break
  }
  return columns
}
