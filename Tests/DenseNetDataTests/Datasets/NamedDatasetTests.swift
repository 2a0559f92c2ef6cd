import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct NamedDatasetTests {
  private func finder(_ folder: String) -> DatasetFinder {
    DatasetFinder(
      dataDirectory: folder, environment: [:], cacheDirectory: folder + "/cache", mirrors: nil)
  }

  /// A CIFAR record: labels, then planes in which red is the pixel's number, green its row and blue 7.
  private func record(_ labels: [UInt8]) -> [UInt8] {
    labels + (0..<1024).map { UInt8($0 % 256) } + (0..<1024).map { UInt8($0 / 32) } + [UInt8](repeating: 7, count: 1024)
  }

  private func writeCIFAR10(to folder: String) throws {
    for n in 1...5 { try write(record([UInt8(n)]) + record([0]), to: folder + "/data_batch_\(n).bin") }
    try write(record([9]), to: folder + "/test_batch.bin")
  }

  /// A tar archive, as `tar --format=ustar` makes it.
  private func tar(_ files: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    var archive: [UInt8] = []
    for (name, bytes) in files {
      var header = [UInt8](repeating: 0, count: 512)
      header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
      let size = String(bytes.count, radix: 8)
      header.replaceSubrange(124..<136, with: (String(repeating: "0", count: 11 - size.count) + size + "\0").utf8)
      header[156] = UInt8(ascii: name.hasSuffix("/") ? "5" : "0")
      header.replaceSubrange(257..<265, with: "ustar\u{0}00".utf8)
      archive += header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

  @Test(arguments: ["", "/cifar10", "/cifar-10-batches-bin", "/cifar10/cifar-10-batches-bin"])
  func readsCIFAR10(_ place: String) async throws {
    try await withTemporaryFolder { folder in
      try writeCIFAR10(to: folder + place)
      let splits = try await finder(folder).find("cifar10")
      let train = try #require(splits.train as? ImageDataset)
      #expect(train.labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0] && splits.test.labels == [9])
      #expect(splits.warnings.count == 1 && splits.warnings[0].contains("50,000 training and 10,000 test images"))
      #expect(train.classNames.count == 10 && train.classNames[9] == "truck")
      #expect((train.height, train.width, train.channels) == (32, 32, 3))
      let image = train.image(at: 3)
      for (y, x) in [(0, 0), (0, 31), (5, 2), (31, 31)] {
        let at = 3 * (32 * y + x)
        #expect(Array(image.pixels[at..<at + 3]) == [UInt8((32 * y + x) % 256), UInt8(y), 7])
      }
    }
  }

  @Test func readsCIFAR100ByItsFineLabels() async throws {
    try await withTemporaryFolder { folder in
      try write(record([19, 99]) + record([0, 0]), to: folder + "/cifar-100-binary/train.bin")
      try write(record([3, 42]), to: folder + "/cifar-100-binary/test.bin")
      let splits = try await finder(folder).find("cifar100")
      #expect(splits.train.labels == [99, 0] && splits.test.labels == [42])
      #expect(splits.train.classNames.count == 100 && splits.train.classNames[99] == "worm")
      #expect(splits.train.classNames == splits.train.classNames.sorted())
    }
  }

  @Test(arguments: [true, false])
  func readsTheArchiveToo(_ isComplete: Bool) async throws {
    try await withTemporaryFolder { folder in
      var files: KeyValuePairs<String, [UInt8]> {
        isComplete
          ? [
            "cifar-100-binary/": [], "cifar-100-binary/fine_label_names.txt": Array("apple\n".utf8),
            "cifar-100-binary/train.bin": record([1, 2]), "cifar-100-binary/test.bin": record([3, 4]),
          ] : ["cifar-100-binary/": [], "cifar-100-binary/train.bin": record([1, 2])]
      }
      let archive = gzip(tar(files))
      try write(archive, to: folder + "/cifar100/cifar-100-binary.tar.gz")
      guard isComplete else {
        return await expectFailure(.invalidData, mentions: ["cifar-100-binary.tar.gz", "a file test.bin in it"]) {
          try await finder(folder).find("cifar100")
        }
      }
      let splits = try await finder(folder).find("cifar100")
      #expect(splits.train.labels == [2] && splits.test.labels == [4])
      try write(Array(archive.dropLast(2000)), to: folder + "/cifar100/cifar-100-binary.tar.gz")
      await expectFailure(.invalidData, mentions: ["cifar-100-binary.tar.gz"]) {
        try await finder(folder).find("cifar100")
      }
      try write(gzip([UInt8](repeating: 65, count: 4096)), to: folder + "/cifar100/cifar-100-binary.tar.gz")
      await expectFailure(.invalidData, mentions: ["expected a tar archive"]) {
        try await finder(folder).find("cifar100")
      }
    }
  }

  @Test func namesWhatIsWrongWithCIFAR() async throws {
    try await withTemporaryFolder { folder in
      await expectFailure(
        .missingInput, mentions: [folder, "data_batch_1.bin", "cifar-10-binary.tar.gz"], settings: ["dataDirectory"]
      ) {
        try await finder(folder).find("cifar10")
      }
      await expectFailure(.missingInput, mentions: ["/absent: no such folder"], settings: ["dataDirectory"]) {
        try await finder(folder + "/absent").find("cifar10")
      }
      try writeCIFAR10(to: folder)
      try write(record([10]), to: folder + "/data_batch_2.bin")
      await expectFailure(
        .invalidData, mentions: ["data_batch_2.bin: expected labels from 0 to 9, found 10 in record 0"]
      ) {
        try await finder(folder).find("cifar10")
      }
      for bytes in [[], Array(record([1]).dropLast())] {
        try write(bytes, to: folder + "/data_batch_2.bin")
        await expectFailure(.invalidData, mentions: ["data_batch_2.bin: expected records of 3,073 bytes"]) {
          try await finder(folder).find("cifar10")
        }
      }
    }
  }

  @Test func emnistIsTurnedUprightAndCountsFromZero() async throws {
    try await withTemporaryFolder { folder in
      for part in ["train", "test"] {
        try write(
          gzip(idx([2, 2, 3], [0, 1, 2, 3, 4, 5] + [6, 7, 8, 9, 10, 11])),
          to: folder + "/emnist/emnist-letters-\(part)-images-idx3-ubyte.gz")
        try write(idx([2], [1, 26]), to: folder + "/emnist/emnist-letters-\(part)-labels-idx1-ubyte")
      }
      let splits = try await finder(folder).find("emnist-letters")
      let train = try #require(splits.train as? ImageDataset)
      #expect((train.height, train.width) == (3, 2))
      #expect(train.pixels == [0, 3, 1, 4, 2, 5] + [6, 9, 7, 10, 8, 11])
      #expect(train.labels == [0, 25] && train.classNames.first == "a" && train.classNames.count == 26)
      #expect(splits.warnings.isEmpty)
      try write(idx([2], [0, 26]), to: folder + "/emnist/emnist-letters-test-labels-idx1-ubyte")
      await expectFailure(.invalidData, mentions: ["test-labels", "expected labels from 1 to 26, found 0"]) {
        try await finder(folder).find("emnist-letters")
      }
      await expectFailure(.missingInput, mentions: ["emnist-balanced is not there", "emnist-balanced-train-images"]) {
        try await finder(folder).find("emnist-balanced")
      }
      let cache = DatasetFinder(environment: [:], cacheDirectory: folder + "/cache")
      await expectFailure(
        .missingInput, mentions: ["emnist-digits", "does not download it"], settings: ["dataDirectory"]
      ) {
        try await cache.find("emnist-digits")
      }
    }
    #expect(
      DatasetDescription.emnist.map { $0.classNames.count } == [62, 47, 47, 26, 10, 10])
  }

  @Test(arguments: ["mnist", "kmnist"])
  func readsTheRestOfTheFamily(_ name: String) async throws {
    try await withTemporaryFolder { folder in
      for (part, count) in [("train", 3), ("t10k", 2)] {
        let pixels = (0..<count * 784).map { UInt8($0 % 251) }
        try write(idx([count, 28, 28], pixels), to: folder + "/\(name)/\(part)-images-idx3-ubyte")
        try write(idx([count], [9, 0, 3].prefix(count).map { $0 }), to: folder + "/\(name)/\(part)-labels-idx1-ubyte")
      }
      let splits = try await finder(folder).find(name)
      #expect(splits.train.labels == [9, 0, 3] && splits.test.count == 2 && splits.train.classNames.count == 10)
      // Only MNIST's content is known.
      #expect(splits.warnings.count == (name == "mnist" ? 4 : 0))
    }
  }

  @Test func aDownloadIsCheckedByItsOwnChecksumWhereNoOtherIsKnown() async throws {
    let content = gzip(Array("content".utf8))
    try await withTemporaryFolder { folder in
      try await withServer({ _ in .init(content: content) }) { server in
        let downloader = Downloader(answerTimeout: 5, stallTimeout: 5)
        let right = DatasetDescription.File(name: "a.gz", packedMD5: md5(content), bytes: content.count)
        try await downloader.download(right, from: [server.url], to: folder + "/a.gz")
        #expect(FileManager.default.contents(atPath: folder + "/a.gz").map(Array.init) == content)
        let wrong = DatasetDescription.File(name: "a.gz", packedMD5: md5([1]), bytes: content.count)
        await #expect(throws: DownloadError.self) {
          try await downloader.download(wrong, from: [server.url], to: folder + "/b.gz")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/b.gz"))
      }
    }
  }
}
