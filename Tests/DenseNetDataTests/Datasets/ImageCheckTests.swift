import DenseNets
import Foundation
import Synchronization
import Testing

@testable import DenseNetData

@Suite struct ImageCheckTests {
  /// Ten images of a, and ten of b, and then some that are none.
  private func images(in folder: String, damaged: [String]) throws -> LabeledImageFiles {
    try writeImages((0..<10).flatMap { ["a/\($0).png", "b/\($0).png"] }, to: folder)
    for name in damaged { try write(Array("no image".utf8), to: folder + "/" + name) }
    let found = try ImageFolder(root: folder)
    return LabeledImageFiles(
      name: "set", classNames: found.classNames, root: folder, paths: found.examples.map(\.path),
      labels: found.examples.map { Int32($0.label) })
  }

  private func splits(_ all: LabeledImageFiles, tests: [Int]) -> ImageSplits {
    ImageSplits(
      train: all.selecting(all.labels.indices.filter { !tests.contains($0) }), test: all.selecting(tests), origin: "",
      warnings: [])
  }

  @Test func leavesOutWhatCannotBeRead() async throws {
    try await withTemporaryFolder { folder in
      let all = try images(in: folder, damaged: ["a/3.png", "b/x.jpg"])
      try FileManager.default.removeItem(atPath: folder + "/b/9.png")
      let calls = Mutex<[Int]>([])
      // Two of twenty-one are damaged, and one is gone: more than a tenth.
      await expectFailure(.invalidData, mentions: ["3 of 21 images cannot be read, more than 10%", "a/3.png"]) {
        try splits(all, tests: []).checked()
      }
      let most = all.selecting(all.labels.indices.filter { !all.paths[$0].hasSuffix("/9.png") || all.labels[$0] == 0 })
      let tests = most.labels.indices.filter { most.labels[$0] == 0 && $0 < 5 }
      let (sound, skipped) = try splits(most, tests: tests).checked { done in calls.withLock { $0.append(done) } }
      let paths = sound.train.paths + sound.test.paths
      #expect(Set(skipped.map(\.file)) == [folder + "/a/3.png", folder + "/b/x.jpg"])
      #expect(skipped.allSatisfy { $0.reason.hasPrefix("expected a JPEG, PNG, WebP, BMP, GIF or TIFF image") })
      #expect(paths.count == most.count - 2 && !paths.contains(folder + "/b/x.jpg"))
      #expect(sound.train.classCounts == [5, 9] && sound.test.classCounts == [4, 0])
      #expect(calls.withLock { $0.sorted() } == Array(1...most.count))
    }
  }

  @Test func refusesAClassWithoutSoundImages() async throws {
    try await withTemporaryFolder { folder in
      let all = try images(in: folder, damaged: ["c/1.png"])
      await expectFailure(.invalidData, mentions: ["no image of class c can be read", "c/1.png"]) {
        try splits(all, tests: [0]).checked()
      }
      // Of the test images alone it may be the only one, but not of all of them.
      let damaged = all.paths.firstIndex { $0.hasSuffix("c/1.png") }!
      await expectFailure(.invalidData, mentions: ["no test image can be read", "c/1.png"]) {
        let known = all.labels.map { min($0, 1) }
        let two = LabeledImageFiles(
          name: "set", classNames: ["a", "b"], root: folder, paths: all.paths, labels: known)
        return try splits(two, tests: [damaged]).checked()
      }
    }
  }
}

@Suite struct LoaderMemoryTests {
  /// Images that count how many were asked for.
  private final class Counted: LabeledImages {
    let name = "counted"
    let classNames = ["a", "b"]
    let labels = [Int32](repeating: 0, count: 4_000)
    let channels = 1
    let fingerprint = "counted"
    private let state = Mutex((asked: 0, now: 0, most: 0))

    var asked: Int { state.withLock { $0.asked } }
    var mostAtOnce: Int { state.withLock { $0.most } }

    func image(at index: Int) throws(Failure) -> DecodedImage {
      state.withLock {
        $0.asked += 1
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      defer { state.withLock { $0.now -= 1 } }
      return DecodedImage(width: 8, height: 8, channels: 1, pixels: [UInt8](repeating: 1, count: 64))
    }

    func selecting(_ indices: [Int]) -> Counted { self }
  }

  /// Beside the batch that is in use, no more images than two batches' are ever made, whatever the threads.
  @Test(arguments: [1, 2, 4, 7])
  func isBounded(threads: Int) async throws {
    let images = Counted()
    let preprocessing = Preprocessing.squashed(channels: 1, size: 8)
    let loader = BatchLoader(
      images, preprocessing: preprocessing, batchSize: 40, order: Array(0..<4_000), threads: threads)
    for taken in 0..<5 {
      let limit = 40 * (taken + 2)
      try await waitUntil { images.asked == limit && loader.pipeline.readyCount == 2 }
      try await Task.sleep(for: .milliseconds(10))
      #expect(images.asked == limit)
      #expect(try loader.next()?.count == 40)
    }
    #expect(images.mostAtOnce <= threads)
  }

  @Test func batchesThatArePassedOverCostNothing() async throws {
    let images = Counted()
    let loader = BatchLoader(
      images, preprocessing: .squashed(channels: 1, size: 8), batchSize: 40, order: Array(0..<4_000), firstBatch: 98)
    #expect(try loader.all().map(\.count) == [40, 40])
    #expect(images.asked == 80)
  }

  @Test func statisticsAreThoseOfThePixels() throws {
    let data = ImageDataset(
      name: "x", classNames: ["a"], height: 1, width: 2, channels: 3,
      pixels: [0, 10, 7, 255, 30, 7, 51, 20, 7, 102, 40, 7], labels: [0, 0])
    let statistics = try ChannelStatistics(of: data, preprocessing: try Preprocessing(inputChannels: 3))
    let red = [0.0, 1, 0.2, 0.4]
    let mean = 0.4
    #expect(abs(statistics.mean[0] - mean) < 1e-12 && abs(statistics.mean[1] - 25.0 / 255) < 1e-12)
    let variance = red.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4
    #expect(abs(statistics.std[0] - variance.squareRoot()) < 1e-12)
    #expect(statistics.std[2] == 1)
    let half = try ChannelStatistics(of: data, preprocessing: try Preprocessing(inputChannels: 3), limit: 1)
    #expect(abs(half.mean[0] - 0.5) < 1e-12)
  }
}
