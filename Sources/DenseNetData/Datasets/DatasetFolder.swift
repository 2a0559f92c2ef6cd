import DenseNets
import Foundation

/// Where a dataset's four files lie.
struct DatasetPaths: Sendable {
  let trainImages: String
  let trainLabels: String
  let testImages: String
  let testLabels: String
}

/// A folder in which a dataset may lie: directly, in a folder of its name, or where other programs put it.
struct DatasetFolder {
  let path: String
  let description: DatasetDescription

  /// The paths of the dataset's files, plain or gzip, from the first place that holds them all.
  func paths() -> DatasetPaths? {
    for place in places {
      let found = description.files.compactMap { Self.path(of: $0, in: place) }
      if found.count == description.files.count {
        return DatasetPaths(trainImages: found[0], trainLabels: found[1], testImages: found[2], testLabels: found[3])
      }
    }
    return nil
  }

  /// Why ``paths()`` finds nothing, for a folder that the user asked for by `request`.
  func failure(request: String) -> Failure {
    var isFolder: ObjCBool = false
    let manager = FileManager.default
    guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
      return Failure(.missingInput, "\(path): no such folder, named by \(request); check the path")
    }
    guard isFolder.boolValue else {
      return Failure(
        .missingInput, "\(path): expected a folder, named by \(request), found a file; name the folder that holds it")
    }
    guard manager.isReadableFile(atPath: path), manager.isExecutableFile(atPath: path) else {
      return Failure(.missingInput, "\(path): the folder named by \(request) cannot be read; check its permissions")
    }
    let best = places.max { present(in: $0).count < present(in: $1).count }!
    let missing = description.files.filter { Self.path(of: $0, in: best) == nil }.map(\.name)
    let looked = places.filter { manager.fileExists(atPath: $0) }.joined(separator: " and ")
    return Failure(
      .missingInput,
      "\(path): \(description.name) is not there, as \(request) asks: \(missing.joined(separator: ", ")) not found "
        + "(nor without .gz) in \(looked); name a folder that holds the files")
  }

  private var places: [String] {
    [path] + ([description.name] + description.otherFolders).map { path + "/" + $0 }
  }

  private func present(in place: String) -> [DatasetDescription.File] {
    description.files.filter { Self.path(of: $0, in: place) != nil }
  }

  private static func path(of file: DatasetDescription.File, in place: String) -> String? {
    let compressed = place + "/" + file.name
    return [String(compressed.dropLast(3)), compressed].first { FileManager.default.fileExists(atPath: $0) }
  }
}
