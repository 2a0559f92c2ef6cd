import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Copies of datasets as people and programs name them.
@Suite struct PublishedFileTests {
  private let idx3 = idx([2, 2, 3], (0..<12).map { UInt8($0) })
  private let idx1 = idx([2], [0, 1])

  /// A dataset with the published names of MNIST.
  private func finder(_ folder: String) -> DatasetFinder {
    func file(_ name: String) -> DatasetDescription.File { DatasetDescription.File(name: name, bytes: 1000) }
    let description = DatasetDescription(
      name: "fashion-mnist", title: "Fashion-MNIST", classNames: ["a", "b"],
      trainImages: file("train-images-idx3-ubyte.gz"), trainLabels: file("train-labels-idx1-ubyte.gz"),
      testImages: file("t10k-images-idx3-ubyte.gz"), testLabels: file("t10k-labels-idx1-ubyte.gz"),
      otherFolders: ["FashionMNIST/raw", "raw"])
    return DatasetFinder(
      dataDirectory: folder, environment: [:], cacheDirectory: folder + "/cache", mirrors: nil, datasets: [description],
      downloader: Downloader(answerTimeout: 1, stallTimeout: 1))
  }

  @Test(arguments: [
    "$-$-idx#-ubyte", "$-$-idx#-ubyte.gz", "$-$.idx#-ubyte", "$-$.idx#-ubyte.gz", "$-$-idx#-ubyte/$-$-idx#-ubyte",
    "$-$.idx#-ubyte/$-$.idx#-ubyte", "$-$-idx#-ubyte/$-$.idx#-ubyte.gz", "$-$-IDX#-UBYTE", "$-$-idx#-ubyte.GZ",
    "$_$_idx#_ubyte", "archive/$-$.idx#-ubyte", "Fashion_MNIST/$-$-idx#-ubyte", "FASHION-MNIST/raw/$-$-idx#-ubyte.gz",
    "fashionmnist/archive/$-$-idx#-ubyte/$-$-idx#-ubyte",
  ])
  func findsCopies(_ pattern: String) async throws {
    try await withTemporaryFolder { folder in
      for part in ["train", "t10k"] {
        for (kind, digit, bytes) in [("images", "3", idx3), ("labels", "1", idx1)] {
          // The part and the kind stand for the two signs in turn.
          var name = pattern
          while let at = name.range(of: "$") {
            name.replaceSubrange(at, with: part)
            if let next = name.range(of: "$") { name.replaceSubrange(next, with: kind) }
          }
          name = name.replacing("#", with: digit)
          if pattern.contains("IDX") { name = name.uppercased() }
          try write(name.lowercased().hasSuffix(".gz") ? gzip(bytes) : bytes, to: folder + "/" + name)
        }
      }
      let splits = try await finder(folder).find("fashion-mnist")
      #expect(splits.train.count == 2 && splits.test.labels == [0, 1])
    }
  }

  @Test func prefersWhatIsPublished() async throws {
    try await withTemporaryFolder { folder in
      for name in ["TRAIN.BIN", "train.bin.gz", "train.bin", "Train.bin/train.bin"] {
        try write([1], to: folder + "/" + name)
        #expect(PublishedFile.path(of: "train.bin", in: folder) != nil)
      }
      #expect(PublishedFile.path(of: "train.bin", in: folder) == folder + "/train.bin")
      #expect(PublishedFile.path(of: "train", in: folder) == nil)
      try FileManager.default.createDirectory(atPath: folder + "/test.bin", withIntermediateDirectories: true)
      #expect(PublishedFile.path(of: "test.bin", in: folder) == folder + "/test.bin")
    }
  }

  @Test(arguments: ["CIFAR10/DATA_BATCH_#.BIN", "cifar-10/data_batch_#.bin", "CIFAR-10-BATCHES-BIN/data-batch-#.bin"])
  func findsCIFARCopies(_ pattern: String) async throws {
    try await withTemporaryFolder { folder in
      let record = [UInt8](repeating: 3, count: 3073)
      let place = pattern.prefix { $0 != "/" }
      for n in 1...5 { try write(record, to: folder + "/" + pattern.replacing("#", with: "\(n)")) }
      try write(record, to: "\(folder)/\(place)/TEST_BATCH.bin")
      let finder = DatasetFinder(dataDirectory: folder, environment: [:], cacheDirectory: folder + "/cache")
      #expect(try await finder.find("cifar10").train.labels == [3, 3, 3, 3, 3])
    }
    try await withTemporaryFolder { folder in
      try write([1], to: folder + "/cifar-10-batches-py/data_batch_1")
      try write([1], to: folder + "/data_batch_1")
      await expectFailure(.missingInput, mentions: ["version for Python", "cifar-10-binary.tar.gz"]) {
        try await DatasetFinder(dataDirectory: folder, environment: [:], cacheDirectory: folder + "/cache")
          .find("cifar10")
      }
    }
  }

  @Test func guessesWhatWasMeant() async throws {
    let known = DatasetFinder.knownNames
    try await withTemporaryFolder { folder in
      try writeImages(["photos/a/1.png"], to: folder)
      try write(Array("path,label\n".utf8), to: folder + "/pets.csv")
      let (photos, pets) = (folder + "/photos", folder + "/pets.csv")
      for (name, meant) in [
        (photos, "folder:\(photos)"), (pets, "csv:\(pets)"), ("Folder:\(photos)", "folder:\(photos)"),
        ("dir:\(photos)", "folder:\(photos)"), ("folder=\(photos)", "folder:\(photos)"),
        ("file:\(pets)", "csv:\(pets)"), ("CSV:\(pets)", "csv:\(pets)"), ("fashion_mnist", "fashion-mnist"),
        ("FashionMNIST", "fashion-mnist"), ("fasion-mnist", "fashion-mnist"), ("CIFAR-10", "cifar10"),
        ("cifar_100", "cifar100"), ("MNIST", "mnist"), ("mnst", "mnist"), ("emnist-leters", "emnist-letters"),
        ("cifar", "cifar10"), ("mnsit", "mnist"), ("imagenet", nil), ("", nil), ("photos", nil),
      ] {
        #expect(DatasetSuggestion.of(name, known: known) == meant, "\(name)")
      }
      await expectFailure(.missingInput, mentions: ["no dataset is called", "did you mean folder:\(photos)?"]) {
        try await finder(folder).find(photos)
      }
      await expectFailure(.missingInput, mentions: ["but a file; name csv:\(pets)"], settings: ["dataset"]) {
        try ImageSource.folder(pets).splits()
      }
    }
  }
}
