import DenseNets
import Foundation

/// A table of images: columns `path`, `label` and perhaps `split`; paths are relative to the table's folder.
struct ImageTable {
  /// What a row is for.
  enum Part: Equatable {
    case train, validation, test

    init?(_ text: String) {
      switch text.lowercased() {
      case "train": self = .train
      case "val", "valid", "validation": self = .validation
      case "test": self = .test
      default: return nil
      }
    }
  }

  let folder: String
  let images: [LabeledPath]
  /// One per row; nil where the table has no column `split`.
  let parts: [Part]?

  /// - Throws: `Failure` as ``CSVTable``, and `invalidData` with the line where a field is empty or no part.
  init(_ path: String) throws(Failure) {
    let url = URL(fileURLWithPath: path)
    let table = try CSVTable(contentsOf: url)
    folder = url.deletingLastPathComponent().path(percentEncoded: false)
    let (paths, labels) = (try table.column(named: "path"), try table.column(named: "label"))
    func text(_ row: Int, _ column: Int) throws(Failure) -> String {
      let text = table.rows[row][column].trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty else {
        throw Failure(
          .invalidData, "\(table.place(row: row, column: column)): expected a value, found none; complete the line")
      }
      return text
    }
    var images: [LabeledPath] = []
    for row in table.rows.indices {
      let file = try text(row, paths)
      images.append(
        LabeledPath(path: file.hasPrefix("/") ? file : joined(folder, file), label: try text(row, labels)))
    }
    self.images = images
    guard let column = table.header.firstIndex(of: "split") else {
      parts = nil
      return
    }
    var parts: [Part] = []
    for row in table.rows.indices {
      let value = try text(row, column)
      guard let part = Part(value) else {
        throw Failure(
          .invalidData, "\(table.place(row: row, column: column)): expected train, val or test, found \(value)")
      }
      parts.append(part)
    }
    self.parts = parts
  }
}
