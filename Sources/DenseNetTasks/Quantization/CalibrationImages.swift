import DenseNetData
import DenseNets
import Foundation

/// Images that a network is calibrated by.
public enum CalibrationImages: Sendable {
  /// Files, and folders of them.
  case files(String)
  /// The training images of a dataset.
  case dataset(DatasetChoice)

  /// - Parameters:
  ///   - text: a dataset's name, `folder:<path>` or `csv:<file>`; else the path of images.
  ///   - directory: the folder that holds the files of a dataset that has a name.
  public init(_ text: String, directory: String? = nil) {
    var choice = DatasetChoice(text)
    choice.directory = directory
    if case .named(let name)? = choice.source, !DatasetFinder.knownNames.contains(name) {
      self = .files(text)
    } else {
      self = .dataset(choice)
    }
  }
}

extension QuantizationTask {
  /// - Throws: as for images in files or of a dataset.
  public func run(on images: CalibrationImages) async throws -> QuantizationResult {
    switch images {
    case .files(let path):
      guard FileManager.default.fileExists(atPath: path) else {
        throw Failure(
          .missingInput, "\(path): no such file, folder or dataset; check the path", settings: ["calibration"])
      }
      return try run(on: ImageFiles([path]))
    case .dataset(let choice):
      // Images in files need no labels.
      if case .table(let path)? = choice.source { return try run(on: try ImageFiles(table: path)) }
      return try run(on: try await choice.load(monitor: monitor).train)
    }
  }
}
