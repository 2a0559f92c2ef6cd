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

  /// Why ``paths()`` finds nothing in a folder that the user asked for.
  func failure(_ request: RequestedFolder) -> Failure {
    guard folderExists(path) else {
      return fileExists(path)
        ? request.failure("expected a folder\(request.naming), found a file; name the folder that holds it")
        : request.isMissing
    }
    do {
      _ = try FolderListing(path)
    } catch {
      return request.failure("\(error.description.dropFirst(printable(path).count + 2))\(request.naming)")
    }
    let best = places.max { present(in: $0).count < present(in: $1).count }!
    let missing = description.files.filter { Self.path(of: $0, in: best) == nil }.map(\.name)
    let looked = places.joined(separator: " and ")
    return request.failure(
      "\(description.name) is not there\(request.asking): \(missing.joined(separator: ", ")) not found "
        + "(with or without .gz) in \(looked); name a folder that holds the files")
  }

  private var places: [String] {
    let usual = ([description.name] + description.otherFolders).map { joined(path, $0) }.filter(folderExists)
    let programs = description.otherFolders.map { String($0.prefix { $0 != "/" }) }
    let others = PublishedFile.places(in: path, names: [description.name, description.title] + programs)
    return [path] + usual + others.filter { $0 != path && !usual.contains($0) }
  }

  private func present(in place: String) -> [DatasetDescription.File] {
    description.files.filter { Self.path(of: $0, in: place) != nil }
  }

  private static func path(of file: DatasetDescription.File, in place: String) -> String? {
    PublishedFile.path(of: file.name, in: place)
  }
}

/// The folder in which to look for a dataset, at the user's request.
struct RequestedFolder {
  let path: String
  /// The environment's variable that names it; nil: the caller does.
  let variable: String?

  /// `, named by DENSENET_DATA`
  var naming: String { variable.map { ", named by \($0)" } ?? "" }
  /// `, as DENSENET_DATA asks`
  var asking: String { variable.map { ", as \($0) asks" } ?? "" }

  /// - Parameter text: what is wrong with the folder, and what to do.
  func failure(_ text: String) -> Failure {
    Failure(.missingInput, "\(path): \(text)", settings: settings)
  }

  var isMissing: Failure {
    Failure.danglingLink(path).map { Failure(.missingInput, $0.description, settings: settings) }
      ?? failure("no such folder\(naming); check the path")
  }

  private var settings: [Failure.Setting] { variable == nil ? ["dataDirectory"] : [] }
}
