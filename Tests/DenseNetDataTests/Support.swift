import CZlib
import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// A folder of its own for a test, removed at its end.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "densenet-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path(percentEncoded: false).trimmingSuffix("/"))
}

extension String {
  func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}

func write(_ bytes: [UInt8], to path: String) throws {
  let folder = URL(filePath: path).deletingLastPathComponent()
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(filePath: path))
}

/// The bytes of an IDX file.
func idx(_ extents: [Int], _ values: [UInt8]) -> [UInt8] {
  [0, 0, 8, UInt8(extents.count)]
    + extents.flatMap { e in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: e >> $0) } }
    + values
}

/// A gzip file.
func gzip(_ content: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var (input, output) = (content, [UInt8](repeating: 0, count: content.count + content.count / 100 + 100))
  return input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
      (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
      return Array(output.prefix(Int(stream.total_out)))
    }
  }
}

func md5(_ bytes: [UInt8]) -> String {
  var checksum = try! Checksum()
  bytes.withUnsafeBytes { checksum.update($0) }
  return checksum.hexadecimal()
}

/// A small dataset with four files, whose checksums its description knows: six training and three test images of 2 × 3.
struct TinyDataset {
  let contents: [String: [UInt8]]
  let description: DatasetDescription

  init(name: String = "tiny", mirrors: [URL] = []) {
    let contents = [
      "train-images.gz": idx([6, 2, 3], (0..<36).map { UInt8($0 * 7) }),
      "train-labels.gz": idx([6], [0, 1, 2, 0, 1, 2]),
      "test-images.gz": idx([3, 2, 3], (0..<18).map { UInt8($0 * 11) }),
      "test-labels.gz": idx([3], [2, 1, 0]),
    ]
    func file(_ name: String) -> DatasetDescription.File {
      DatasetDescription.File(name: name, md5: md5(contents[name]!), bytes: contents[name]!.count)
    }
    self.contents = contents
    description = DatasetDescription(
      name: name, title: "Tiny", classNames: ["a", "b", "c"], trainImages: file("train-images.gz"),
      trainLabels: file("train-labels.gz"), testImages: file("test-images.gz"), testLabels: file("test-labels.gz"),
      otherFolders: ["Tiny/raw"], mirrors: mirrors)
  }

  /// Writes the files, gzip or plain.
  func write(to folder: String, compressed: Bool = true) throws {
    for (name, content) in contents {
      try DenseNetDataTests.write(
        compressed ? gzip(content) : content, to: folder + "/" + (compressed ? name : name.trimmingSuffix(".gz")))
    }
  }

  func finder(
    dataDirectory: String? = nil, environment: [String: String] = [:], cache: String, mirrors: [URL] = [],
    downloader: Downloader = Downloader(answerTimeout: 1, stallTimeout: 1)
  ) -> DatasetFinder {
    DatasetFinder(
      dataDirectory: dataDirectory, environment: environment, cacheDirectory: cache, mirrors: mirrors,
      datasets: [description], downloader: downloader)
  }
}

/// Expects a failure of one kind, on one line, that mentions everything given.
func expectFailure<T>(
  _ kind: Failure.Kind, mentions parts: [String], settings: [Failure.Setting]? = nil,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> T
) async {
  do {
    _ = try await body()
    Issue.record("expected a failure of kind \(kind)", sourceLocation: sourceLocation)
  } catch let failure as Failure {
    #expect(failure.kind == kind, "\(failure)", sourceLocation: sourceLocation)
    if let settings { #expect(failure.settings == settings, "\(failure)", sourceLocation: sourceLocation) }
    #expect(!failure.description.contains("\n"), sourceLocation: sourceLocation)
    for part in parts {
      #expect(failure.description.contains(part), "\(failure)", sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record("expected a Failure, found \(error)", sourceLocation: sourceLocation)
  }
}

/// Does the work of each of so many chunks, on all cores at once.
func inParallel(_ chunks: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for chunk in 0..<chunks { group.addTask { try work(chunk) } }
    try await group.waitForAll()
  }
}
