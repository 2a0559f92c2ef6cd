import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Folders whose names say which part of a dataset they hold.
@Suite struct FolderLayoutTests {
  @Test(arguments: [
    ("train", SplitName.Part.training, ""), ("Train", .training, ""), ("TRAINING", .training, ""),
    ("Training_set", .training, ""), ("train-set", .training, ""), ("train data", .training, ""),
    ("TrainSet", .training, ""), ("trainset", .training, ""), ("traindata", .training, ""),
    ("train2017", .training, ""),
    ("seg_train", .training, "seg"), ("flowers-training", .training, "flowers"), ("train_val", .training, ""),
    ("val", .validation, ""), ("valid", .validation, ""), ("Validation", .validation, ""), ("VAL", .validation, ""),
    ("dev", .validation, ""), ("valid_images", .validation, ""), ("test", .test, ""), ("Testing_set", .test, ""),
    ("seg_test", .test, "seg"), ("holdout", .test, ""), ("hold-out", .test, ""), ("held_out", .test, ""),
    ("test1", .test, ""), ("eval", .evaluation, ""), ("Evaluation", .evaluation, ""), ("seg_pred", .unlabelled, "seg"),
    ("PublicTest", .evaluation, ""), ("Private_Test", .test, ""), ("public-test-images", .evaluation, ""),
  ])
  func knowsParts(_ name: String, _ part: SplitName.Part, _ rest: String) {
    #expect(SplitName(name)?.part == part && SplitName(name)?.rest == rest)
  }

  @Test(arguments: [
    "cat", "trained", "contest", "valley", "protest", "latest", "devil", "evaluator", "strain", "", "_",
  ])
  func leavesOtherNames(_ name: String) { #expect(SplitName(name) == nil) }

  /// Four images of each class in each part.
  private func splits(_ names: [String], in folder: String, also: [String] = []) throws -> ImageSplits {
    try writeImages(names.flatMap { name in (1...4).map { "\(name)/\($0).png" } }, to: folder)
    for name in also { try write([0], to: folder + "/" + name) }
    return try ImageSource.folder(folder).splits()
  }

  @Test(arguments: [
    ("Train", "Test"), ("TRAIN", "VAL"), ("training", "validation"), ("Training_set", "Testing_set"),
    ("seg_train/seg_train", "seg_test/seg_test"), ("train", "valid"), ("train_set", "test-set"), ("train data", "dev"),
    ("Training Images", "eval"), ("TrainSet", "HoldOut"), ("archive/Dataset/Train", "archive/Dataset/Test"),
    ("images/train", "images/val"), ("train/train", "test/test"), ("train/images", "val/images"),
  ])
  func takesPartsByOtherNames(_ training: String, _ testing: String) async throws {
    try await withTemporaryFolder { folder in
      let found = try splits(["\(training)/a", "\(training)/b", "\(testing)/a", "\(testing)/b"], in: folder)
      #expect(found.train.classNames == ["a", "b"] && found.train.count == 8 && found.test.count == 8)
      #expect(found.train.paths.allSatisfy { $0.hasPrefix("\(folder)/\(training)/") })
      #expect(found.test.paths.allSatisfy { $0.hasPrefix("\(folder)/\(testing)/") })
      // What was decided is said, where it was not the usual.
      #expect(found.warnings.isEmpty)
      #expect(found.origin.hasSuffix("\(folder)/\(training) for training, \(folder)/\(testing) for testing)"))
      let images = try ImageFolder(folder, classNames: ["a", "b"])
      #expect(images.path == "\(folder)/\(testing)" && images.examples.count == 8)
      #expect(images.notes == ["\(folder): the images for testing are those of \(folder)/\(testing)"])
    }
  }

  /// FER2013's folders.
  @Test func takesThePartsOfContests() async throws {
    try await withTemporaryFolder { folder in
      let parts = ["Training", "PublicTest", "PrivateTest"]
      let found = try splits(parts.flatMap { ["\($0)/a", "\($0)/b"] }, in: folder)
      #expect(found.train.classNames == ["a", "b"])
      #expect(found.validation?.paths.allSatisfy { $0.hasPrefix("\(folder)/PublicTest/") } == true)
      #expect(found.test.count == 8 && found.test.paths.allSatisfy { $0.hasPrefix("\(folder)/PrivateTest/") })
    }
  }

  /// Folders within class folders are no parts where they differ, or where images lie beside them.
  @Test(arguments: [
    ["cat/day", "cat/night", "dog/day"], ["cat/1", "cat/2", "dog/3", "dog/4"],
    ["cat", "cat/day", "cat/night", "dog/day", "dog/night"],
    (0..<5).flatMap { ["class\($0)/day", "class\($0)/night"] },
  ])
  func takesFoldersWithinClasses(_ names: [String]) async throws {
    try await withTemporaryFolder { folder in
      let found = try splits(names, in: folder)
      #expect(found.train.classNames == Set(names.map { String($0.prefix { $0 != "/" }) }).sorted())
    }
  }

  @Test func leavesOutWhatSystemsPutThere() async throws {
    try await withTemporaryFolder { folder in
      let names = ["Train/a", "Train/b", "Test/a", "Test/b", "__MACOSX/Train/a", "lost+found", "@eaDir/a", ".cache/x"]
      let found = try splits(
        names, in: folder, also: [".DS_Store", "Train/a/._1.png", "Train/Thumbs.db", "Test/b/.ipynb_checkpoints/1.png"])
      #expect(found.train.classNames == ["a", "b"] && found.train.count == 8 && found.test.count == 8)
      let text = found.warnings.joined(separator: "\n")
      #expect(text.contains("5 hidden or system files and folders (.DS_Store, .cache, @eaDir, __MACOSX, lost+found)"))
      #expect(text.contains("2 hidden or system files and folders (Thumbs.db, ._1.png)"))
      #expect(text.contains("1 hidden or system file or folder (.ipynb_checkpoints)"))
    }
    try await withTemporaryFolder { folder in
      let found = try splits(["a", "b", "__MACOSX", "__pycache__", ".hidden"], in: folder)
      #expect(found.train.classNames == ["a", "b"])
      #expect(found.warnings.count == 1 && found.warnings[0].contains("3 hidden or system files and folders"))
    }
  }

  @Test func takesClassesThatAreCalledLikeParts() async throws {
    for names in [["train", "bus", "car"], ["valid", "invalid"], ["test", "control"], ["train", "test", "bus"]] {
      try await withTemporaryFolder { folder in
        let found = try splits(names, in: folder)
        #expect(found.train.classNames == names.sorted())
        #expect(found.warnings.count == 1 && found.warnings[0].contains("no part of the data, since"))
        #expect(try ImageFolder(folder, classNames: names).examples.count == 4 * names.count)
      }
    }
    for names in [["train_station", "test_tube"], ["positive_test", "negative_test"], ["test1", "test2"]] {
      try await withTemporaryFolder { folder in
        let found = try splits(names, in: folder)
        #expect(found.train.classNames == names.sorted())
      }
    }
  }

  @Test func leavesOutWhatIsNoPart() async throws {
    try await withTemporaryFolder { folder in
      let found = try splits(
        ["seg_train/a", "seg_train/b", "seg_test/a", "seg_test/b", "seg_pred", "extra/c"], in: folder)
      #expect(found.train.classNames == ["a", "b"])
      #expect(found.warnings.count == 2)
      #expect(found.warnings[0].contains("seg_pred: left out") && found.warnings[1].contains("extra: left out"))
    }
    try await withTemporaryFolder { folder in
      let found = try splits(
        ["images/train/a", "images/train/b", "images/val/a", "images/val/b"], in: folder, also: ["labels/1.txt"])
      #expect(found.train.count == 8 && found.warnings.count == 1 && found.warnings[0].contains("labels: left out"))
    }
    // A class with parts of its own keeps all its images, and that is said.
    try await withTemporaryFolder { folder in
      let found = try splits(["a/train", "a/test", "b/train", "b/test"], in: folder)
      #expect(found.train.classNames == ["a", "b"] && found.warnings[0].contains("taken together"))
    }
  }

  @Test(arguments: [
    (["train_cat", "train_dog", "test_cat", "test_dog"], Failure.Kind.invalidData, "names that say both"),
    (["train/a", "train/b", "Training/a", "test/a"], .invalidData, "both one part"),
    (["train/a", "train/b", "bus", "car"], .invalidData, "rename train if it is a class"),
    (["Train/a", "Train/b"], .missingInput, "val or test beside train, found none; add one, or name folder:"),
    (["Test/a", "Test/b"], .missingInput, "expected a folder train beside"),
    (["train", "test"], .missingInput, "a folder of images for each class"),
    (["train/a", "train/b", "train/val/a", "train/val/b", "test/a", "test/b"], .invalidData, "found val, which holds"),
    (
      ["train/train/a", "train/train/b", "test/test"], .missingInput, "test/test: left out, since its images are in no"
    ),
    (
      ["source_train/a", "source_train/b", "target_test/a", "target_test/b"], .invalidData,
      "rename them if they are parts"
    ),
    (["tr/a", "tr/b", "tr/c", "te/a", "te/b"], .invalidData, "which hold the folders a, b each"),
    (
      ["Entrenamiento/a", "Entrenamiento/b", "Prueba/a", "Prueba/b", "Validar/a", "Validar/b"], .invalidData,
      "(train, val, test)"
    ),
    (["train/a", "train/b", "test"], .missingInput, "test: left out, since its images are in no class folders"),
  ])
  func refusesWhatCanMeanSeveralThings(_ names: [String], _ kind: Failure.Kind, _ part: String) async throws {
    try await withTemporaryFolder { folder in
      await expectFailure(kind, mentions: [folder, part]) { try splits(names, in: folder) }
    }
  }
}
