import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct ImageFilesTests {
  /// A folder with empty files of these names.
  private func withFiles(_ names: [String], _ body: (String) throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      for name in names { try write([], to: folder + "/" + name) }
      try body(folder)
    }
  }

  private func link(_ path: String, to destination: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: destination)
  }

  @Test func findsImagesInFolders() async throws {
    let names = [
      "b.jpg", "a.PNG", "c.JpEg", "notes.txt", ".hidden.jpg", "nested/deep/d.png", ".git/e.png", "jpg", "é.jpg",
      "folder.jpg/inside.jpeg",
    ]
    try await withFiles(names) { folder in
      let files = ImageFiles([folder])
      let expected = ["a.PNG", "b.jpg", "c.JpEg", "folder.jpg/inside.jpeg", "nested/deep/d.png", "é.jpg"]
      #expect(files.paths == expected.map { folder + "/" + $0 })
      #expect(files.skipped.isEmpty)
      // Named, a file is taken whatever it is called, and once for every time that it is named.
      let named = [folder + "/notes.txt", folder + "/absent", folder + "/notes.txt"]
      #expect(ImageFiles(named).paths == named)
      #expect(ImageFiles([folder + "/nested/"]).paths == [folder + "/nested/deep/d.png"])
    }
  }

  @Test func endsInLoopsOfLinks() async throws {
    try await withFiles(["a/one.png", "b/two.png"]) { folder in
      try link(folder + "/a/up", to: "..")
      try link(folder + "/b/self", to: ".")
      try link(folder + "/again", to: "b")
      try link(folder + "/dangling.jpg", to: "absent.jpg")
      try link(folder + "/round", to: "round")
      #expect(
        ImageFiles([folder]).paths == ["/a/one.png", "/again/two.png", "/dangling.jpg"].map { folder + $0 })
    }
  }

  @Test func tellsOfFoldersWithoutImages() async throws {
    try await withFiles(["a/notes.txt"]) { folder in
      let files = ImageFiles([folder + "/a", folder])
      #expect(files.paths.isEmpty && files.skipped.map(\.file) == [folder + "/a", folder])
      #expect(files.skipped.allSatisfy { $0.failure.kind == .missingInput })
      #expect(files.skipped[0].reason.hasPrefix("expected JPEG, PNG, WebP, BMP, GIF or TIFF images"))
    }
  }

  @Test func sortsImagesByClass() async throws {
    let names = ["cat/1.png", "cat/2.png", "Zebra/x.jpg", "dog/nested/1.png", "empty/notes.txt", "stray.png"]
    try await withFiles(names) { folder in
      let images = try ImageFolder(folder)
      #expect(images.classNames == ["Zebra", "cat", "dog", "empty"])
      #expect(images.examples.map(\.label) == [0, 1, 1, 2])
      #expect(images.examples.first?.path == folder + "/Zebra/x.jpg")
      #expect(images.skipped.map(\.file) == [folder + "/empty"])

      let named = try ImageFolder(folder, classNames: ["dog", "cow", "cat", "Zebra", "empty"])
      #expect(named.classNames.count == 5 && named.examples.map(\.label) == [3, 2, 2, 0])
      let failure = #expect(throws: Failure.self) { try ImageFolder(folder, classNames: ["cat", "dog", "empty"]) }
      #expect(failure?.kind == .invalidData)
      #expect(failure?.description.contains("/Zebra: expected a folder of one of the model's 3 classes (cat, ") == true)
    }
  }

  @Test func prefersThePartForEvaluation() async throws {
    try await withFiles(["train/a/1.png", "train/b/1.png", "test/a/2.png", "test/b/2.png"]) { folder in
      #expect(try ImageFolder(folder).path == folder + "/test")
      // Of three parts, the one for testing; of two, the other one.
      try write([], to: folder + "/val/a/3.png")
      #expect(try ImageFolder(folder).path == folder + "/test")
      try FileManager.default.removeItem(atPath: folder + "/test")
      #expect(try ImageFolder(folder).examples.map(\.path) == [folder + "/val/a/3.png"])
    }
  }

  @Test func refusesWhatIsNoDataset() async throws {
    try await withFiles(["a.png", "empty/class/notes.txt"]) { folder in
      for (path, part) in [("/absent", "no such folder"), ("/a.png", "no such folder"), ("/empty", "found none")] {
        let failure = #expect(throws: Failure.self) { try ImageFolder(folder + path) }
        #expect(failure?.kind == .missingInput && failure?.description.contains(part) == true, "\(failure!)")
      }
      let flat = #expect(throws: Failure.self) { try ImageFolder(folder + "/empty/class") }
      #expect(flat?.description.contains("a folder of images for each class") == true)
    }
  }

  @Test func knowsTheClassesOfImageNet() {
    let names = ImageNetLabels.classNames
    #expect(names.count == 1000 && Set(names).count == 1000 && names.allSatisfy { !$0.isEmpty })
    #expect(names[0] == "tench" && names[281] == "tabby" && names[999] == "toilet tissue")
  }
}
