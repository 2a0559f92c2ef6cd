import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct DatasetFinderTests {
  private let tiny = TinyDataset()
  /// An address that refuses connections at once.
  private let nowhere = URL(string: "http://127.0.0.1:9/")!

  @Test(arguments: ["", "/tiny", "/Tiny/raw"], [true, false])
  func findsTheFilesOfADataDirectory(place: String, compressed: Bool) async throws {
    try await withTemporaryFolder { folder in
      try tiny.write(to: folder + place, compressed: compressed)
      let splits = try await tiny.finder(dataDirectory: folder, cache: folder + "/cache").find("tiny")
      #expect(splits.train.count == 6)
      #expect(splits.test.count == 3)
      #expect(splits.train.labels == [0, 1, 2, 0, 1, 2])
      let train = try #require(splits.train as? ImageDataset)
      #expect(train.pixels == (0..<36).map { UInt8($0 * 7) })
      #expect((train.height, train.width, train.channels) == (2, 3, 1))
      #expect(splits.train.classNames == ["a", "b", "c"])
      #expect(splits.warnings.isEmpty)
      #expect(splits.origin == "Tiny from \(folder)\(place)")
    }
  }

  @Test func optionGoesBeforeVariableBeforeCache() async throws {
    try await withTemporaryFolder { folder in
      for place in ["option", "variable", "cache"] { try tiny.write(to: "\(folder)/\(place)/tiny") }
      let environment = ["DENSENET_DATA": folder + "/variable"]
      let cache = folder + "/cache"
      let byOption = tiny.finder(dataDirectory: folder + "/option", environment: environment, cache: cache)
      #expect(try await byOption.find("tiny").origin.hasSuffix("/option/tiny"))
      #expect(try await tiny.finder(environment: environment, cache: cache).find("tiny").origin.contains("/variable/"))
      #expect(try await tiny.finder(cache: cache).find("tiny").origin.contains("/cache/"))
      let empty = tiny.finder(environment: ["DENSENET_DATA": ""], cache: cache)
      #expect(try await empty.find("tiny").origin.contains("/cache/"))
    }
  }

  @Test func requestThatCannotBeMetIsNeverReplaced() async throws {
    try await withTemporaryFolder { folder in
      try tiny.write(to: folder + "/cache/tiny")
      try write([1], to: folder + "/file")
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      let cache = folder + "/cache"
      for (path, part) in [("none", "no such folder"), ("file", "found a file"), ("empty", "train-images.gz")] {
        await expectFailure(.missingInput, mentions: ["\(folder)/\(path)", part], settings: ["dataDirectory"]) {
          try await tiny.finder(dataDirectory: "\(folder)/\(path)", cache: cache).find("tiny")
        }
        await expectFailure(.missingInput, mentions: ["\(folder)/\(path)", part, "DENSENET_DATA"], settings: []) {
          try await tiny.finder(environment: ["DENSENET_DATA": "\(folder)/\(path)"], cache: cache).find("tiny")
        }
      }
      await expectFailure(.missingInput, mentions: ["mnist-of-hats", "tiny", "fashion-mnist-sample"]) {
        try await tiny.finder(cache: cache).find("mnist-of-hats")
      }
    }
  }

  @Test func namesTheFilesThatAreMissing() async throws {
    try await withTemporaryFolder { folder in
      try tiny.write(to: folder + "/tiny")
      try FileManager.default.removeItem(atPath: folder + "/tiny/test-labels.gz")
      await expectFailure(
        .missingInput, mentions: [": tiny is not there", "is not there: test-labels.gz not found"],
        settings: ["dataDirectory"]
      ) {
        try await tiny.finder(dataDirectory: folder, cache: folder).find("tiny")
      }
    }
  }

  @Test func namedDatasetThatIsNotToBeHad() async throws {
    try await withTemporaryFolder { folder in
      await expectFailure(.missingInput, mentions: ["tiny", folder, "127.0.0.1:9"], settings: ["dataDirectory"]) {
        try await tiny.finder(cache: folder, mirrors: [nowhere]).find("tiny")
      }
      try await withServer({ _ in .init(status: 404) }) { server in
        await expectFailure(.missingInput, mentions: ["404", server.url.absoluteString]) {
          try await tiny.finder(cache: folder, mirrors: [server.url, nowhere]).find("tiny")
        }
      }
    }
  }

  @Test func sampleStandsInOnlyForWantOfANetwork() async throws {
    let fashion = DatasetDescription.fashionMNIST
    func finder(_ folder: String, _ mirrors: [URL], dataDirectory: String? = nil) -> DatasetFinder {
      DatasetFinder(
        dataDirectory: dataDirectory, environment: [:], cacheDirectory: folder + "/cache", mirrors: mirrors,
        datasets: [fashion], downloader: Downloader(answerTimeout: 1, stallTimeout: 1))
    }
    try await withTemporaryFolder { folder in
      let splits = try await finder(folder, [nowhere]).find(nil)
      #expect(splits.train.name == "fashion-mnist-sample")
      #expect(splits.train.count == 2_000)
      #expect(splits.warnings.count == 1)
      #expect(splits.warnings[0].contains("bundled sample of 2,000 training and 1,000 test images"))
      #expect(!splits.warnings[0].contains("\n"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/cache"))
      await expectFailure(.missingInput, mentions: ["fashion-mnist"]) {
        try await finder(folder, [nowhere]).find("fashion-mnist")
      }
      await expectFailure(.missingInput, mentions: ["fashion-mnist"]) {
        try await finder(folder, [nowhere], dataDirectory: folder).find(nil)
      }
      try await withServer({ _ in .init(status: 404) }) { server in
        await expectFailure(.missingInput, mentions: ["404"]) { try await finder(folder, [server.url]).find(nil) }
      }
      try await withServer({ _ in .init(content: gzip([1, 2, 3])) }) { server in
        await expectFailure(.invalidData, mentions: ["md5"]) {
          try await finder(folder, [nowhere, server.url]).find(nil)
        }
      }
    }
  }

  @Test func downloadsOnceThenReadsTheCache() async throws {
    let contents = tiny.contents
    try await withTemporaryFolder { folder in
      try await withServer({ .init(content: gzip(contents[String($0.path.dropFirst())] ?? [])) }) { server in
        let finder = tiny.finder(cache: folder, mirrors: [server.url])
        #expect(try await finder.find("tiny").train.count == 6)
        #expect(try await finder.find("tiny").test.labels == [2, 1, 0])
        #expect(server.requests.map(\.path).sorted() == contents.keys.map { "/" + $0 }.sorted())
        try FileManager.default.removeItem(atPath: folder + "/tiny/test-labels.gz")
        #expect(try await finder.find("tiny").test.labels == [2, 1, 0])
        #expect(server.requests.count == 5)
      }
    }
  }

  @Test func wrongChecksumIsAnErrorForDownloads() async throws {
    var contents = tiny.contents
    contents["train-labels.gz"]![8] = 2
    try await withTemporaryFolder { folder in
      try await withServer({ [contents] in .init(content: gzip(contents[String($0.path.dropFirst())]!)) }) { server in
        await expectFailure(.invalidData, mentions: ["train-labels.gz", md5(contents["train-labels.gz"]!)]) {
          try await tiny.finder(cache: folder, mirrors: [server.url]).find("tiny")
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/tiny") == ["train-images.gz"])
      try tiny.write(to: folder + "/tiny")
      try write(contents["train-labels.gz"]!, to: folder + "/tiny/train-labels")
      await expectFailure(.invalidData, mentions: ["/tiny/train-labels:", "md5", "delete it"]) {
        try await tiny.finder(cache: folder).find("tiny")
      }
    }
  }

  @Test func wrongChecksumIsAWarningForTheUsersFiles() async throws {
    try await withTemporaryFolder { folder in
      try tiny.write(to: folder)
      try write(idx([6], [2, 2, 2, 2, 2, 2]), to: folder + "/train-labels")
      let splits = try await tiny.finder(dataDirectory: folder, cache: folder).find("tiny")
      #expect(splits.train.labels == [2, 2, 2, 2, 2, 2])
      #expect(splits.warnings.count == 1)
      #expect(splits.warnings[0].contains("\(folder)/train-labels: the content's md5 is"))
    }
  }

  @Test func filesThatDoNotBelongTogether() async throws {
    func expectInvalid(_ name: String, _ bytes: [UInt8], _ mentions: String...) async throws {
      try await withTemporaryFolder { folder in
        try tiny.write(to: folder)
        try write(bytes, to: folder + "/" + name)
        await expectFailure(.invalidData, mentions: mentions) {
          try await tiny.finder(dataDirectory: folder, cache: folder).find("tiny")
        }
      }
    }
    try await expectInvalid(
      "train-labels", idx([5], [0, 0, 0, 0, 0]), "train-labels: expected 6 labels", "found 5", "train-images")
    try await expectInvalid("train-labels", idx([6], [0, 1, 2, 3, 0, 0]), "from 0 to 2", "found 3 at index 3")
    try await expectInvalid("test-images", idx([3, 3, 2], [UInt8](repeating: 0, count: 18)), "2x3", "found 3x2")
    try await expectInvalid("train-images", idx([6], [0, 1, 2, 3, 0, 0]), "00 00 08 03", "00 00 08 01")
  }

  @Test func fileThatIsAFolder() async throws {
    try await withTemporaryFolder { folder in
      try tiny.write(to: folder)
      try FileManager.default.createDirectory(atPath: folder + "/test-images", withIntermediateDirectories: true)
      // The packed file beside it serves.
      #expect(try await tiny.finder(dataDirectory: folder, cache: folder).find("tiny").test.count == 3)
      try FileManager.default.removeItem(atPath: folder + "/test-images.gz")
      await expectFailure(.inputOutput, mentions: [folder + "/test-images", "found a folder"]) {
        try await tiny.finder(dataDirectory: folder, cache: folder).find("tiny")
      }
    }
  }

  @Test func cacheFolderOfTheUser() {
    #if os(macOS)
      #expect(DatasetFinder.defaultCacheDirectory(["HOME": "/h"]) == "/h/Library/Caches/densenet")
    #else
      #expect(DatasetFinder.defaultCacheDirectory(["HOME": "/h"]) == "/h/.cache/densenet")
      #expect(DatasetFinder.defaultCacheDirectory(["HOME": "/h", "XDG_CACHE_HOME": "/c"]) == "/c/densenet")
      #expect(DatasetFinder.defaultCacheDirectory(["HOME": "/h", "XDG_CACHE_HOME": "rel"]) == "/h/.cache/densenet")
    #endif
    #expect(DatasetFinder.defaultCacheDirectory([:]).hasSuffix("densenet"))
  }
}
