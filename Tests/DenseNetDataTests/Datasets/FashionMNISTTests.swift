import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct BundledSampleTests {
  @Test func isClassBalancedAndComplete() throws {
    let sample = try BundledSample.load()
    for (images, perClass) in [(sample.train, 200), (sample.test, 100)] {
      let split = try #require(images as? ImageDataset)
      #expect((split.height, split.width, split.channels) == (28, 28, 1))
      #expect(split.classNames == DatasetDescription.fashionMNIST.classNames)
      #expect(split.name == "fashion-mnist-sample")
      for label in 0..<10 { #expect(split.labels.count { $0 == label } == perClass) }
      // Every image shows something, and no two are the same.
      let images = stride(from: 0, to: split.pixels.count, by: 784).map { Array(split.pixels[$0..<($0 + 784)]) }
      #expect(images.allSatisfy { $0.max()! > 100 })
      #expect(Set(images).count >= split.count - 5)
    }
    #expect(sample.warnings.isEmpty)
  }

  @Test func keepsItsLicence() {
    #expect(BundledSample.license.contains("MIT License"))
    #expect(BundledSample.license.contains("Zalando SE"))
  }

  @Test func isFoundByName() async throws {
    let found = try await DatasetFinder(environment: ["DENSENET_DATA": "/nowhere"]).find("fashion-mnist-sample")
    #expect(found.train.count == 2_000)
    #expect(found.test.count == 1_000)
    #expect(found.warnings.isEmpty)
    await expectFailure(.missingInput, mentions: ["/nowhere"]) {
      try await DatasetFinder(dataDirectory: "/nowhere", environment: [:]).find("fashion-mnist-sample")
    }
  }
}

/// The full set, where `DENSENET_TEST_DATA` names its folder, or a folder `shared` lies beside the package.
@Suite struct FashionMNISTTests {
  static let folder: String? = {
    if let folder = ProcessInfo.processInfo.environment["DENSENET_TEST_DATA"] { return folder }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let beside = package.deletingLastPathComponent().appending(path: "shared/data/fashion-mnist").path
    return FileManager.default.fileExists(atPath: beside) ? beside : nil
  }()

  @Test(.enabled(if: folder != nil, "the full set is not here"))
  func fullSetIsThePublishedOne() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let splits = try await DatasetFinder(dataDirectory: Self.folder, environment: [:]).find("fashion-mnist")
    print("Fashion-MNIST read and checked in \(clock.now - start)")
    #expect(splits.warnings.isEmpty)
    #expect(splits.train.count == 60_000)
    #expect(splits.test.count == 10_000)
    #expect(splits.train.labels.prefix(5) == [9, 0, 0, 3, 0])
  }

  @Test(.enabled(if: folder != nil, "the full set is not here"))
  func sampleIsTheFirstOfEachClass() async throws {
    let full = try await DatasetFinder(dataDirectory: Self.folder, environment: [:]).find("fashion-mnist")
    let sample = try BundledSample.load()
    for (whole, part, perClass) in [(full.train, sample.train, 200), (full.test, sample.test, 100)] {
      var taken = [Int](repeating: 0, count: 10)
      let chosen = whole.labels.indices.filter {
        taken[Int(whole.labels[$0])] += 1
        return taken[Int(whole.labels[$0])] <= perClass
      }
      #expect(part.labels == chosen.map { whole.labels[$0] })
      #expect((part as? ImageDataset)?.pixels == (whole.selecting(chosen) as? ImageDataset)?.pixels)
    }
  }
}
