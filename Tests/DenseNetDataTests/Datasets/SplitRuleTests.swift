import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct SplitRuleTests {
  private func labels(_ counts: [Int]) -> [Int32] {
    counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
  }

  private func counts(_ indices: Set<Int>, _ labels: [Int32], _ classes: Int) -> [Int] {
    (0..<classes).map { label in indices.count { labels[$0] == label } }
  }

  /// Shares of each class, rounded; one image at least of a class that has enough, and one left to learn from.
  @Test func sharesOfEachClass() {
    let sizes = [100, 10, 4, 3, 2, 1]
    let labels = labels(sizes)
    let (test, validation) = SplitRule(testShare: 0.2, validationShare: 0.1, seed: 3)
      .heldOut(labels: labels, classes: 6)
    #expect(counts(test, labels, 6) == [20, 2, 1, 1, 1, 0])
    #expect(counts(validation, labels, 6) == [10, 1, 1, 1, 0, 0])
    #expect(test.isDisjoint(with: validation))
    // The test images are those of the same share alone, as before there were three parts.
    #expect(SplitRule(testShare: 0.2, seed: 3).heldOut(labels: labels, classes: 6).test == test)
    let most = SplitRule(testShare: 0.5, validationShare: 0.49).heldOut(labels: labels, classes: 6)
    for (label, size) in sizes.enumerated() {
      let held = counts(most.test.union(most.validation), labels, 6)[label]
      #expect(held <= size - 1 && held >= min(2, size - 1), "\(size)")
    }
    let none = SplitRule(testShare: 0).heldOut(labels: labels, classes: 6)
    #expect(none.test.isEmpty && none.validation.isEmpty)
  }

  /// By largest remainders: scikit-learn's `StratifiedShuffleSplit` gives classes of 50, 30 and 21 the same 5, 3 and 2 of 10.
  @Test(arguments: [
    ([50, 30, 21], 10, [5, 3, 2]), ([100, 60, 40], 64, [32, 19, 13]), ([98, 1, 1], 10, [8, 1, 1]),
    ([5, 5], 20, [5, 5]), ([5, 5], 10, [5, 5]), ([9, 5, 1], 2, [1, 1, 0]), ([7, 0, 4], 5, [3, 0, 2]),
    ([1000, 1, 1, 1, 1], 5, [1, 1, 1, 1, 1]),
  ])
  func aStratifiedChoiceTakesTheShareOfEachClass(_ sizes: [Int], _ n: Int, _ expected: [Int]) {
    let labels = labels(sizes)
    let choice = StratifiedChoice(labels: labels, classes: sizes.count, seed: 1).indices(n)
    #expect(counts(Set(choice), labels, sizes.count) == expected)
    #expect(choice == choice.sorted() && Set(choice).count == min(n, labels.count))
    #expect(choice == StratifiedChoice(labels: labels, classes: sizes.count, seed: 1).indices(n))
  }

  @Test func anotherSeedChoosesOthers() {
    let labels = labels([50, 50])
    let first = StratifiedChoice(labels: labels, classes: 2, seed: 0).indices(20)
    #expect(first != StratifiedChoice(labels: labels, classes: 2, seed: 1).indices(20))
  }

  @Test func ofFilesTheShareAndOfOthersTheFirst() async throws {
    try await withTemporaryFolder { folder in
      try writeImages((0..<8).map { "a/\($0).png" } + (0..<4).map { "b/\($0).png" }, to: folder)
      let images = try ImageSource.folder(folder).splits(SplitRule(testShare: 0)).train
      #expect(images.count == 12)
      let some: any LabeledImages = images
      #expect(some.limited(to: 6, seed: 2).classCounts == [4, 2])
      #expect(some.limited(to: 12, seed: 2).fingerprint == images.fingerprint)
      #expect(images.prefix(6).classCounts == [6, 0])
    }
    let data = ImageDataset(
      name: "x", classNames: ["a", "b"], height: 1, width: 1, channels: 1, pixels: [1, 2, 3], labels: [0, 0, 1])
    #expect(data.limited(to: 2, seed: 5).labels == [0, 0])
  }
}

@Suite struct ImagePartTests {
  private func counts(_ source: ImageSource, _ rule: SplitRule = SplitRule()) throws -> [Int?] {
    let splits = try source.splits(rule)
    return [splits.train.count, splits.validation?.count, splits.test.count]
  }

  @Test func foldersOfThreeParts() async throws {
    try await withTemporaryFolder { folder in
      try writeImages(["train/a/1.png", "train/b/1.png", "val/a/2.png", "val/b/2.png", "val/b/3.png"], to: folder)
      let source = ImageSource.folder(folder)
      #expect(try counts(source) == [2, nil, 3])
      // Pictures without classes, as competitions have them, are no test part.
      try writeImages(["test/x.png"], to: folder)
      #expect(try counts(source) == [2, nil, 3])
      #expect(try source.splits().warnings.contains { $0.contains("no class folders") })
      try FileManager.default.removeItem(atPath: folder + "/test")
      try writeImages(["test/a/4.png"], to: folder)
      #expect(try counts(source) == [2, 3, 1])
      #expect(try source.splits().warnings == ["\(folder): no test images of b: accuracy says nothing about them"])
      // As older versions: the validation images alone.
      var rule = SplitRule()
      rule.hasTwoParts = true
      #expect(try counts(source, rule) == [2, nil, 3])
      try writeImages(["test/c/5.png"], to: folder)
      await expectFailure(.invalidData, mentions: ["test/c/5.png", "found c"]) { try source.splits() }
    }
  }

  @Test func aSharedFileIsWarnedOf() async throws {
    try await withTemporaryFolder { folder in
      try writeImages(
        ["train/a/1.png", "train/b/1.png", "val/a/2.png", "val/b/2.png", "test/a/3.png", "test/b/3.png"], to: folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/test/a/x.png", withDestinationPath: "../../val/a/2.png")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/val/b/y.png", withDestinationPath: "../../train/b/1.png")
      let warnings = try ImageSource.folder(folder).splits().warnings
      #expect(warnings.contains { $0.contains("both for validation and for testing") && $0.contains("x.png") })
      #expect(warnings.contains { $0.contains("both for training and for validation") && $0.contains("y.png") })
    }
  }
}
