import Foundation
import Testing

/// The four files of a small set, plain: 40 training and 20 test images of 28×28.
private struct SmallSet {
  var files: [String: Data] = [
    "train-images-idx3-ubyte": idx([40, 28, 28]), "train-labels-idx1-ubyte": idx([40], modulo: 10),
    "t10k-images-idx3-ubyte": idx([20, 28, 28]), "t10k-labels-idx1-ubyte": idx([20], modulo: 10),
  ]

  func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, content) in files { try content.write(to: folder.appendingPathComponent(name)) }
  }
}

private func idx(_ extents: [Int], modulo: Int = 256, promising: [Int]? = nil, magic: [UInt8]? = nil) -> Data {
  let header =
    (magic ?? [0, 0, 8, UInt8(extents.count)])
    + (promising ?? extents).flatMap { extent in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> $0) } }
  return Data(header + (0..<extents.reduce(1, *)).map { UInt8($0 * 7 % modulo) })
}

private let run = ["train", "--resize", "32", "--batch-size", "20", "--max-steps", "1", "--output", "run"]

extension Command {
  @Suite struct DataFolders {
    let sandbox = try! Sandbox()

    @Test(arguments: ["here", "here/", "./here", "named", "torch", "with space/日本 ü", "link", "ABSOLUTE"])
    func findsPlainFiles(_ folder: String) async throws {
      let places = ["named": "named/fashion-mnist", "torch": "torch/FashionMNIST/raw", "link": "elsewhere"]
      let path = folder == "ABSOLUTE" ? sandbox.url("here").path : folder
      try SmallSet().write(to: sandbox.url(places[folder] ?? (folder == "ABSOLUTE" ? "here" : folder)))
      if folder == "link" {
        try FileManager.default.createSymbolicLink(
          atPath: sandbox.url("link").path, withDestinationPath: "elsewhere")
      }
      for (arguments, environment) in [(["--data-dir", path], [:]), ([], ["DENSENET_DATA": path])] {
        if folder != "here" && !environment.isEmpty { continue }
        try? FileManager.default.removeItem(at: sandbox.url("run"))
        let outcome = try await sandbox.run(run + arguments, environment: environment)
        expectSuccess(outcome)
        #expect(outcome.errors.contains("40 training and 20 test images"))
        // Another set of the same shape is a warning for each file, not an error.
        #expect(outcome.errorLines.count { $0.hasPrefix("densenet: warning: ") } == 4)
        let dataset = try #require(sandbox.json("run/config.json")["dataset"] as? [String: Any])
        #expect(dataset["name"] as? String == "fashion-mnist")
      }
    }

    @Test func areARequest() async throws {
      try SmallSet().write(to: sandbox.url("good"))
      try FileManager.default.createDirectory(at: sandbox.url("empty"), withIntermediateDirectories: true)
      try Data().write(to: sandbox.url("file"))
      for (path, part) in [("absent", "no such folder"), ("file", "found a file"), ("empty", "is not there")] {
        for named in [[], ["--dataset", "fashion-mnist"]] {
          // Not even the folder that the variable names takes the place of the option's.
          expectFailure(
            try await sandbox.run(run + named + ["--data-dir", path], environment: ["DENSENET_DATA": "good"]), 66,
            saying: [path, "--data-dir", part])
          expectFailure(
            try await sandbox.run(run + named, environment: ["DENSENET_DATA": path]), 66,
            saying: [path, "DENSENET_DATA", part])
        }
        expectFailure(
          try await sandbox.run(["evaluate", "--weights", "absent", "--data-dir", path]), 66, saying: ["absent"])
      }
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func namedDatasetThatCannotBeHad() async throws {
      let outcome = try await sandbox.run(run + ["--dataset", "fashion-mnist"])
      expectFailure(outcome, 66, saying: ["fashion-mnist is not in", "cannot be downloaded", "--data-dir"])
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func sampleStandsInWhereNothingIsNamed() async throws {
      let outcome = try await sandbox.run(run + ["--test-limit", "20"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("densenet: warning: Fashion-MNIST is not in"))
      #expect(outcome.errors.contains("using the bundled sample"))
      let dataset = try #require(sandbox.json("run/config.json")["dataset"] as? [String: Any])
      #expect(dataset["name"] as? String == "fashion-mnist-sample")

      // Named, it is what was asked for.
      let named = try await sandbox.run(tinyRun + ["--output", "named"], environment: ["DENSENET_DATA": "absent"])
      expectSuccess(named)
      #expect(!named.errors.contains("warning"))
    }

    private static let full: String? = {
      let beside = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../shared/data/fashion-mnist")
      let path = ProcessInfo.processInfo.environment["DENSENET_TEST_DATA"] ?? beside.standardizedFileURL.path
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    @Test(.enabled(if: full != nil)) func readsTheFullSet() async throws {
      let outcome = try await sandbox.run(
        run + ["--data-dir", Self.full!, "--train-limit", "40", "--test-limit", "20", "--dataset", "fashion-mnist"])
      expectSuccess(outcome)
      #expect(!outcome.errors.contains("warning"), "\(outcome.errors)")
    }
  }

  @Suite struct BadFiles {
    let sandbox = try! Sandbox()

    struct Case: CustomTestStringConvertible {
      let file: String
      let content: Data
      let parts: [String]
      var name: String?
      let testDescription: String
    }

    static let images = "train-images-idx3-ubyte"
    static let labels = "train-labels-idx1-ubyte"
    private static let gzipHeader = Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])

    static let cases = [
      Case(file: images, content: Data(), parts: ["found 0 bytes"], testDescription: "empty"),
      Case(
        file: images, content: idx([40, 28, 28]).dropLast(100), parts: ["expected 31,376 bytes, found 31,276"],
        testDescription: "truncated"),
      Case(file: images, content: idx([40, 28, 28]).prefix(9), parts: ["truncated"], testDescription: "half a header"),
      Case(
        file: images, content: idx([40, 28, 28]) + Data([0]), parts: ["found 31,377"], testDescription: "too long"),
      Case(
        file: images, content: gzipHeader + Data(repeating: 0xff, count: 50), parts: ["replace it"],
        name: images + ".gz",
        testDescription: "broken gzip"),
      Case(
        file: images, content: Data("<html>not found</html>".utf8), parts: ["expected gzip data"], name: images + ".gz",
        testDescription: "a web page"),
      Case(
        file: images, content: idx([40, 28, 28], magic: [0, 0, 13, 3]), parts: ["expected IDX images (00 00 08 03)"],
        testDescription: "wrong magic number"),
      Case(file: images, content: idx([40]), parts: ["expected IDX images"], testDescription: "labels for images"),
      Case(
        file: labels, content: idx([40, 1, 1]), parts: ["expected IDX labels"], testDescription: "images for labels"),
      Case(
        file: images, content: idx([40, 28, 28], promising: [1 << 31, 28, 28]), parts: ["2,147,483,648 x 28 x 28"],
        testDescription: "2^31 images"),
      Case(
        file: images, content: idx([40, 28, 28], promising: [0xffff_ffff, 0xffff_ffff, 0xffff_ffff]),
        parts: ["4,294,967,295"], testDescription: "sizes that overflow"),
      Case(
        file: images, content: idx([40, 28, 28], promising: [41, 28, 28]), parts: ["expected 32,160 bytes"],
        testDescription: "one image too many promised"),
      Case(file: images, content: idx([0, 28, 28]), parts: ["at least one"], testDescription: "no images"),
      Case(
        file: labels, content: idx([39], modulo: 10), parts: ["expected 40 labels", "found 39"],
        testDescription: "fewer labels than images"),
      Case(
        file: labels, content: idx([40], modulo: 11), parts: ["expected labels from 0 to 9, found 10"],
        testDescription: "a label that names no class"),
      Case(
        file: "t10k-images-idx3-ubyte", content: idx([20, 14, 14]), parts: ["expected images of 28x28", "14x14"],
        testDescription: "test images of another size"),
    ]

    @Test(arguments: cases)
    func areRefused(_ test: Case) async throws {
      var set = SmallSet()
      set.files[test.file] = nil
      set.files[test.name ?? test.file] = test.content
      try set.write(to: sandbox.url("data"))
      expectFailure(
        try await sandbox.run(run + ["--data-dir", "data"]), 65,
        saying: ["data/" + (test.name ?? test.file)] + test.parts)
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func oneIsMissing() async throws {
      var set = SmallSet()
      set.files[Self.labels] = nil
      try set.write(to: sandbox.url("data"))
      expectFailure(
        try await sandbox.run(run + ["--data-dir", "data"]), 66, saying: ["data", Self.labels, "name a folder"])
    }

    @Test func oneIsAFolder() async throws {
      var set = SmallSet()
      set.files[Self.labels] = nil
      try set.write(to: sandbox.url("data"))
      try set.write(to: sandbox.url("data/\(Self.labels)"))
      expectFailure(
        try await sandbox.run(run + ["--data-dir", "data"]), 74, saying: ["data/" + Self.labels, "found a folder"])
    }
  }
}
