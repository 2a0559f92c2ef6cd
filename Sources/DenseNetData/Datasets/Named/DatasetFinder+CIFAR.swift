import DenseNets
import Foundation

extension DatasetFinder {
  /// Finds CIFAR-10 or CIFAR-100: its files, or the archive that holds them.
  func find(_ description: CIFARDescription) async throws -> DatasetSplits {
    if let request = requestedFolder {
      guard let source = description.source(in: request.path) else { throw description.failure(request) }
      return try description.read(source, remedy: "replace it with a sound copy")
    }
    let remedy = "delete it and run again to download it"
    if let source = description.source(in: cacheDirectory) { return try description.read(source, remedy: remedy) }
    let path = [cacheDirectory, description.name, description.archive.name].joined(separator: "/")
    do {
      try await downloader.download(description.archive, from: mirrors ?? CIFARDescription.mirrors, to: path)
    } catch let error as DownloadError {
      throw error.failure(of: description.name, cache: cacheDirectory)
    }
    return try description.read(.archive(path), remedy: remedy)
  }
}

extension CIFARDescription {
  /// Where the files are.
  enum Source {
    case folder(String)
    case archive(String)

    var path: String {
      switch self {
      case .folder(let path), .archive(let path): path
      }
    }
  }

  private var fileNames: [String] { trainFiles + [testFile] }

  private func places(in path: String) -> [String] {
    PublishedFile.places(in: path, names: [name, title, folder])
  }

  /// The first place that holds all files, else the first that holds the archive.
  func source(in path: String) -> Source? {
    let places = places(in: path)
    let isWhole = { place in fileNames.allSatisfy { PublishedFile.path(of: $0, in: place) != nil } }
    if let place = places.first(where: isWhole) { return .folder(place) }
    return places.lazy.compactMap { PublishedFile.path(of: archive.name, in: $0) }.first.map { .archive($0) }
  }

  /// Why nothing was found in a folder that the user asked for.
  func failure(_ request: RequestedFolder) -> Failure {
    guard folderExists(request.path) else { return request.isMissing }
    let files = places(in: request.path).flatMap { (try? FolderListing($0))?.names ?? [] }
    if files.contains(where: { ["data_batch_1", "cifar-10-python.tar.gz", "cifar-100-python.tar.gz"].contains($0) }) {
      return request.failure(
        "\(name) is there\(request.asking) in its version for Python; download the binary version, \(archive.name)")
    }
    return request.failure(
      "\(name) is not there\(request.asking): expected \(fileNames.joined(separator: ", ")), or \(archive.name), there or in \(name) or \(folder); name a folder that holds the files"
    )
  }

  func read(_ source: Source, remedy: String) throws -> DatasetSplits {
    let contents = try contents(of: source, remedy: remedy)
    func dataset(_ names: [String]) throws -> ImageDataset {
      var (pixels, labels): ([UInt8], [Int32]) = ([], [])
      for name in names {
        guard let bytes = contents[name] else {
          throw Failure(.invalidData, "\(source.path): expected a file \(name) in it, found none; \(remedy)")
        }
        try append(bytes, of: joined(source.path, name), to: &pixels, &labels, remedy: remedy)
      }
      return ImageDataset(
        name: self.name, classNames: classNames, height: Self.side, width: Self.side, channels: 3, pixels: pixels,
        labels: labels)
    }
    let (train, test) = (try dataset(trainFiles), try dataset([testFile]))
    let isWhole = train.count == Self.trainCount && test.count == Self.testCount
    return DatasetSplits(
      train: train, test: test, origin: "\(title) from \(source.path)",
      warnings: isWhole
        ? []
        : [
          "\(source.path): expected \(grouped(Self.trainCount)) training and \(grouped(Self.testCount)) test images as \(title) has, found \(grouped(train.count)) and \(grouped(test.count)); its files may be incomplete"
        ])
  }

  /// The bytes of each file, by name.
  private func contents(of source: Source, remedy: String) throws -> [String: [UInt8]] {
    let limit = 1 << 30
    var result: [String: [UInt8]] = [:]
    switch source {
    case .folder(let path):
      for name in fileNames {
        let file = try InputFile(PublishedFile.path(of: name, in: path) ?? joined(path, name))
        guard file.size <= limit else {
          throw Failure(
            .invalidData,
            "\(file.name): expected at most \(grouped(limit)) bytes, found \(grouped(file.size)); \(remedy)")
        }
        var bytes = [UInt8](repeating: 0, count: file.size)
        bytes.removeLast(try bytes.count - bytes.withUnsafeMutableBytes { try file.read(into: $0) })
        result[name] = bytes
      }
    case .archive(let path):
      let archive = TarReader(try GzipReader(ofFile: path, remedy: remedy), remedy: remedy)
      func base(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }
      while let file = try archive.next(limit: limit, isWanted: { fileNames.contains(base($0)) }) {
        result[base(file.name)] = file.bytes
      }
    }
    return result
  }

  private func append(
    _ bytes: [UInt8], of file: String, to pixels: inout [UInt8], _ labels: inout [Int32], remedy: String
  ) throws {
    let (record, plane) = (labelBytes + Self.pixelBytes, Self.side * Self.side)
    guard !bytes.isEmpty, bytes.count % record == 0 else {
      throw Failure(
        .invalidData,
        "\(file): expected records of \(grouped(record)) bytes, found \(grouped(bytes.count)) bytes in all; \(remedy)")
    }
    for start in stride(from: 0, to: bytes.count, by: record) {
      let label = Int(bytes[start + labelBytes - 1])
      guard label < classNames.count else {
        throw Failure(
          .invalidData,
          "\(file): expected labels from 0 to \(classNames.count - 1), found \(label) in record \(grouped(start / record)); \(remedy)"
        )
      }
      labels.append(Int32(label))
      let red = start + labelBytes
      for i in red..<red + plane {
        pixels.append(bytes[i])
        pixels.append(bytes[i + plane])
        pixels.append(bytes[i + 2 * plane])
      }
    }
  }
}
