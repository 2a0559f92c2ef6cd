import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Writes copies of one sound image, which differ by a byte after its end.
func writeImages(_ names: [String], to folder: String) throws {
  let bytes = try ImageFixture.bytes("png/sequential/rgb.png")
  for name in names { try write(bytes, to: folder + "/" + name) }
}

@Suite struct ImageSourceTests {
  private func link(_ path: String, to destination: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: destination)
  }

  private func names(_ images: LabeledImageFiles, in folder: String) -> [String] {
    images.paths.map { String($0.dropFirst(folder.count + 1)) }
  }

  @Test func knowsItsKinds() throws {
    #expect(try ImageSource("folder:a/b") == .folder("a/b"))
    #expect(try ImageSource("csv:a.csv") == .table("a.csv"))
    #expect(try ImageSource("cifar10") == nil)
    #expect(throws: Failure.self) { try ImageSource("folder:") }
    #expect(throws: Failure.self) { try ImageSource("csv:") }
    #expect(ImageSource.folder("/data/flowers/").name == "flowers")
    #expect(ImageSource.table("/data/my pets.csv").name == "my-pets")
    #expect(ImageSource.folder("/").name == "pictures")
  }

  @Test(arguments: ["val", "test"])
  func takesTheFoldersOwnSplit(_ part: String) async throws {
    try await withTemporaryFolder { folder in
      try writeImages(
        ["train/b/1.png", "train/a/2.png", "train/B2/3.png", "\(part)/a/1.png", "\(part)/b/9.png"], to: folder)
      let splits = try ImageSource.folder(folder).splits()
      #expect(splits.train.classNames == ["B2", "a", "b"])
      #expect(names(splits.train, in: folder) == ["train/B2/3.png", "train/a/2.png", "train/b/1.png"])
      #expect(splits.train.labels == [0, 1, 2] && splits.test.labels == [1, 2])
      #expect(splits.warnings.count == 1 && splits.warnings[0].contains("no test images of B2"))
      #expect(splits.train.name == URL(fileURLWithPath: folder).lastPathComponent)
      #expect(try splits.train.image(at: 0).width > 0)
    }
  }

  @Test func splitsEachClassBySeed() async throws {
    try await withTemporaryFolder { folder in
      try writeImages((0..<20).map { "a/\($0).png" } + (0..<5).map { "b/\($0).png" } + ["c/0.png"], to: folder)
      let source = ImageSource.folder(folder)
      let splits = try source.splits(SplitRule(testShare: 0.2, seed: 1))
      #expect(splits.test.classCounts == [4, 1, 0] && splits.train.classCounts == [16, 4, 1])
      #expect(Set(splits.train.paths + splits.test.paths).count == 26)
      #expect(splits.train.paths == splits.train.paths.sorted(by: { a, b in a.utf8.lexicographicallyPrecedes(b.utf8) }))
      #expect(try source.splits(SplitRule(testShare: 0.2, seed: 1)).test.paths == splits.test.paths)
      #expect(try source.splits(SplitRule(testShare: 0.2, seed: 2)).test.paths != splits.test.paths)
      let most = try source.splits(SplitRule(testShare: 0.99, seed: 1))
      #expect(most.train.classCounts == [1, 1, 1])
    }
  }

  @Test func refusesFoldersThatMakeNoClassifier() async throws {
    try await withTemporaryFolder { folder in
      func expect(
        _ kind: Failure.Kind, _ files: [String], _ parts: [String], prepare: (String) throws -> Void = { _ in }
      ) async throws {
        let place = folder + "/" + UUID().uuidString
        try writeImages(files, to: place)
        try prepare(place)
        await expectFailure(kind, mentions: parts) { try ImageSource.folder(place).splits() }
      }
      await expectFailure(.missingInput, mentions: ["no such folder"]) {
        try ImageSource.folder(folder + "/absent").splits()
      }
      try await expect(.missingInput, ["1.png"], ["a folder of images for each class"])
      try await expect(.invalidData, ["a/1.png", "a/2.png"], ["two classes or more", "one, a"])
      try await expect(.invalidData, ["a/1.png", "b/2.png"], ["to test on one"])
      try await expect(.invalidData, ["a/1.png", "a/2.png"], ["/b: expected JPEG", "found none", "1 text file"]) {
        try write(Array("text".utf8), to: $0 + "/b/x.txt")
      }
      try await expect(.invalidData, ["Cat/1.png", "cat/2.png", "dog/3.png"], ["Cat and cat", "only in capitals"])
      try await expect(.invalidData, ["a/1.png", "a/2.png", "b/3.png"], ["/c: is the same folder as", "/b"]) {
        try link($0 + "/c", to: "b")
      }
      try await expect(
        .invalidData, ["a/1.png", "a/2.png", "b/3.png"], ["x.png", "of class a", "of class b", "one file"]
      ) { try link($0 + "/b/x.png", to: "../a/1.png") }
      try await expect(
        .invalidData, ["train/a/1.png", "train/b/2.png", "val/a/3.png", "val/b/4.png"],
        ["x.png", "of class b", "one file"]
      ) { try link($0 + "/val/b/x.png", to: "../../train/a/1.png") }
      #if os(Linux)
        try await expect(
          .invalidData, ["\u{e9}/1.png", "e\u{301}/2.png", "b/3.png", "b/4.png"],
          ["different characters", "looks the same"])
      #endif
      try await expect(.missingInput, ["train/a/1.png", "train/b/1.png"], ["val or test beside train", "folder:"])
      try await expect(
        .invalidData, ["train/a/1.png", "train/b/1.png", "val/a/2.png", "val/c/1.png"],
        ["val/c/1.png", "2 classes (a, b)", "found c"])
    }
  }

  @Test(.enabled(if: getuid() != 0, "nothing is unreadable to root"))
  func saysWhichFolderCannotBeRead() async throws {
    try await withTemporaryFolder { folder in
      try writeImages(["a/1.png", "b/2.png", "b/3.png"], to: folder)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder + "/b")
      defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/b") }
      await expectFailure(.inputOutput, mentions: ["/b: cannot be read"]) { try ImageSource.folder(folder).splits() }
    }
  }

  @Test func endsInLoopsAndCountsEachFileOnce() async throws {
    try await withTemporaryFolder { folder in
      try writeImages(["train/a/1.png", "train/a/2.png", "train/b/3.png", "val/a/4.png", "val/b/5.png"], to: folder)
      try link(folder + "/train/a/up", to: "..")
      try link(folder + "/train/b/again.png", to: "3.png")
      try link(folder + "/val/b/6.png", to: "../../train/b/3.png")
      // The loop makes every image one of class a.
      await expectFailure(.invalidData, mentions: ["3.png", "is one file"]) {
        try ImageSource.folder(folder).splits()
      }
      try FileManager.default.removeItem(atPath: folder + "/train/a/up")
      try link(folder + "/train/a/self", to: ".")
      let splits = try ImageSource.folder(folder).splits()
      #expect(splits.train.count == 3 && splits.test.count == 3)
      #expect(splits.warnings.count == 2)
      #expect(
        splits.warnings[0].contains(
          "1 entry repeats an image that is listed before, such as \(folder)/train/b/again.png"))
      #expect(splits.warnings[1].contains("1 images are used both for training and for testing"))
    }
  }

  @Test func fingerprintsFollowContentNotPlace() async throws {
    try await withTemporaryFolder { folder in
      for place in ["one", "two"] {
        try writeImages(["set/a/1.png", "set/a/2.png", "set/b/3.png"], to: folder + "/" + place)
      }
      func fingerprint(_ place: String) throws -> String {
        try ImageSource.folder("\(folder)/\(place)/set").splits().train.fingerprint
      }
      let first = try fingerprint("one")
      #expect(try fingerprint("two") == first)
      try write(try ImageFixture.bytes("jpeg/grey.jpg"), to: folder + "/two/set/b/3.png")
      #expect(try fingerprint("two") != first)
    }
    let data = ImageDataset(
      name: "x", classNames: ["a", "b"], height: 1, width: 2, channels: 1, pixels: [1, 2, 3, 4], labels: [0, 1])
    #expect(data.fingerprint == data.prefix(2).fingerprint && data.fingerprint != data.prefix(1).fingerprint)
    #expect(data.fingerprint != data.selecting([1, 0]).fingerprint)
    #expect(data.fingerprint.hasPrefix("x: 2 images of 1x2x1, 2 classes, "))
  }
}

@Suite struct ImageTableTests {
  private func withTable(_ text: String, _ body: (ImageSource) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try writeImages((1...6).map { "images/\($0).png" }, to: folder)
      try write(Array(text.utf8), to: folder + "/table.csv")
      try await body(.table(folder + "/table.csv"))
    }
  }

  @Test func takesTheTablesOwnSplit() async throws {
    let text = """
      label,"path",split
      dog,images/1.png,train
      cat,"images/2.png",train
      dog, images/3.png ,val
      cat,images/4.png,test
      """
    try await withTable(text) { source in
      let splits = try source.splits()
      #expect(splits.train.classNames == ["cat", "dog"])
      #expect(splits.train.labels == [1, 0] && splits.validation?.labels == [1] && splits.test.labels == [0])
      #expect(splits.train.name == "table" && splits.warnings.count == 2)
      #expect(splits.warnings[0].contains("no test images of dog"))
      #expect(splits.warnings[1].contains("no validation images of cat"))
      #expect(try splits.test.image(at: 0).width > 0)
      #expect(try source.testImages().paths == splits.test.paths)
    }
  }

  /// As folders' names are.
  @Test(arguments: [
    ("Split", "Train", "TEST"), ("split", "training", "testing"), ("SPLIT", "train_set", "Eval"),
    (" split", "train", "test"), ("Split\t", " train ", "test "),
  ])
  func knowsPartsByOtherNames(_ header: String, _ training: String, _ testing: String) async throws {
    let rows = (1...6).map { "images/\($0).png,\($0 % 2),\($0 > 4 ? testing : training)" }
    try await withTable("path,label,\(header)\n" + rows.joined(separator: "\n")) { source in
      let splits = try source.splits()
      #expect(splits.train.classCounts == [2, 2] && splits.test.classCounts == [1, 1] && splits.validation == nil)
    }
  }

  @Test(arguments: ["subset", "Set", "phase"]) func warnsOfPartsThatAreNotUsed(_ header: String) async throws {
    let rows = (1...6).map { "images/\($0).png,\($0 % 2),\($0 > 4 ? "test" : "train")" }
    try await withTable("path,label,\(header)\n" + rows.joined(separator: "\n")) { source in
      let warnings = try source.splits().warnings
      #expect(warnings.count == 1 && warnings[0].contains("column \"\(header)\"") && warnings[0].contains("not used"))
    }
    // Of one part, or of other words as well.
    for values in [["train"], ["train", "test", "?"], ["a", "b"]] {
      let rows = (1...6).map { "images/\($0).png,\($0 % 2),\(values[$0 % values.count])" }
      try await withTable("path,label,\(header)\n" + rows.joined(separator: "\n")) { source in
        let warnings = try source.splits().warnings
        #expect(warnings == [])
      }
    }
  }

  /// As pandas writes whole numbers in a column that has lacked one.
  @Test func takesNumbersForTheSame() async throws {
    let rows = (1...6).map {
      "images/\($0).png,\($0 % 2)\($0 > 3 ? ".0" : ""),\($0 / 4)\($0.isMultiple(of: 2) ? ".0" : "")"
    }
    try await withTable("path,label,patient\n" + rows.joined(separator: "\n")) { source in
      let found = try source.testImages().classNames
      #expect(found == ["0", "1"])
      var columns = TableColumns()
      columns.group = "patient"
      let groups = try ImageTable(source.path, columns).images.map(\.group)
      #expect(groups == ["0", "0", "0", "1", "1", "1"])
    }
    // Of one spelling they stay as they are.
    let texts = (1...6).map { "images/\($0).png,\($0 % 2).0" }
    try await withTable("path,label\n" + texts.joined(separator: "\n")) { source in
      let found = try source.testImages().classNames
      #expect(found == ["0.0", "1.0"])
    }
  }

  @Test(arguments: [("01", "1"), ("007", "7"), ("P1", "p1")]) func refusesTwoSpellingsOfAGroup(
    _ one: String, _ other: String
  )
    async throws
  {
    let rows = (1...6).map { "images/\($0).png,\($0 % 2),\($0 > 3 ? one : other)" }
    try await withTable("path,label,patient\n" + rows.joined(separator: "\n")) { source in
      var columns = TableColumns()
      columns.group = "patient"
      await expectFailure(.invalidData, mentions: ["column \"patient\"", "one spelling", one, other]) {
        try ImageTable(source.path, columns)
      }
    }
  }

  @Test(arguments: [
    (["NaN", "a", "b"], "tables write missing values so"), (["None", "x", "y"], "tables write missing values so"),
    (["-1", "0", "1"], "a class of its own beside 0 and 1"), (["a|b", "a", "b"], "seems to be several labels"),
    (["a;b", "b;c", "c"], "seems to be several labels"),
  ])
  func warnsOfClassesThatAreProbablyNone(_ values: [String], _ text: String) async throws {
    let rows = (1...6).map { "images/\($0).png,\(values[$0 % 3])" }
    try await withTable("path,label\n" + rows.joined(separator: "\n")) { source in
      let warnings = try source.splits().warnings
      #expect(warnings.contains { $0.contains(text) }, "\(warnings)")
    }
  }

  @Test func leavesClassesWithMarksAlone() async throws {
    let rows = (1...6).map { "images/\($0).png,\(["cat; tabby", "dog", "north-east"][$0 % 3])" }
    try await withTable("path,label\n" + rows.joined(separator: "\n")) { source in
      let warnings = try source.splits().warnings
      #expect(warnings == [])
    }
  }

  @Test(arguments: [";", "\t", "|"]) func readsOtherDelimiters(_ mark: String) async throws {
    let rows = (1...6).map { "images/\($0).png\(mark)\($0 % 2)" }
    try await withTable("path\(mark)label\n" + rows.joined(separator: "\n")) { source in
      let counts = try source.splits().train.classCounts
      #expect(counts == [2, 2])
    }
  }

  /// A name that this system can hold is read as it is.
  @Test func readsBackslashesWhereThereIsSuchAFile() async throws {
    try await withTable("path,label\nimages\\1.png,a\nimages/2.png,b\n") { source in
      let folder = (source.path as NSString).deletingLastPathComponent
      try writeImages(["images\\1.png"], to: folder)
      #expect(try source.testImages().count == 2)
    }
  }

  @Test func splitsWhatIsNotSplit() async throws {
    let rows = (1...6).map { "images/\($0).png,\($0 % 2)" }
    try await withTable("path,label\r\n" + rows.joined(separator: "\r\n")) { source in
      let splits = try source.splits()
      #expect(splits.train.classCounts == [2, 2] && splits.test.classCounts == [1, 1])
      #expect(try source.testImages().count == 6)
    }
  }

  @Test func countsAImageOnceAndTakesSpacesInTheHeader() async throws {
    let rows = (1...6).map { "images/\($0).png,\($0 % 2)" }
    try await withTable("path , label\n" + (rows + rows).joined(separator: "\n")) { source in
      #expect(try source.testImages().count == 6)
      let splits = try source.splits()
      #expect(splits.train.count + splits.test.count == 6)
    }
    try await withTable("path,label\nimages/1.png,a\nimages/1.png,b\nimages/2.png,b\n") { source in
      await expectFailure(.invalidData, mentions: ["one file"]) { try source.testImages() }
    }
  }

  @Test(arguments: [
    ("path,class\nimages/1.png,a\n", ["no column \"label\"", "path, class"]),
    ("path,label\nimages/1.png\n", ["line 2", "expected 2 fields"]),
    ("path,label\nimages/1.png,\n", ["line 2, column \"label\"", "expected a value"]),
    ("path,label\n,a\n", ["line 2, column \"path\"", "expected a value"]),
    ("path,label\n\"images/1.png,a\n", ["never closed"]),
    ("path,label,split\nimages/1.png,a,trian\n", ["line 2, column \"split\"", "train, val or test, found trian"]),
    ("path,label,split\nimages/1.png,a,train\nimages/2.png,b,train\n", ["of val or test, found 2 and 0"]),
    ("path,label\nimages/1.png,a\nimages/2.png,a\n", ["two classes or more"]),
    ("path,label\nimages/1.png,a\nimages/2.png,A\n", ["A and a", "only in capitals"]),
    ("path,label\nimages/1.png,a\nimages/../images/1.png,b\n", ["of class b", "of class a", "one file"]),
    ("path,label,split\nimages/1.png,a,train\nimages/2.png,b,train\nimages/3.png,c,test\n", ["found c"]),
    (
      "path,label\nimages/1.png,\u{e9}\nimages/2.png,e\u{301}\nimages/3.png,b\n",
      ["2.png", "different characters", "looks the same"]
    ),
    ("path,label\nimages\\1.png,a\nimages\\2.png,b\n", ["line 2, column \"path\"", "as Windows writes it; write /"]),
    ("path,label\nC:\\pets\\1.png,a\n", ["as Windows writes it", "relative to the table's folder"]),
    ("path,label\nd:/pets/1.png,a\n", ["as Windows writes it", "relative to the table's folder"]),
    ("path,label\nhttps://example.org/1.png,a\n", ["line 2", "the address \"https://example.org/1.png\"", "download"]),
    ("path,label\ns3://bucket/1.png,a\n", ["the address \"s3://bucket/1.png\"", "download"]),
    ("path,label\nfile:///tmp/none/1.png,a\n", ["the address \"file:///tmp/none/1.png\"", "write the path alone"]),
    ("path,label\n~/pets/1.png,a\n", ["\"~/pets/1.png\"", "only a shell replaces"]),
    ("path,label\n$HOME/1.png,a\n", ["\"$HOME/1.png\"", "only a shell replaces"]),
    ("", ["empty file"]),
  ])
  func saysWhereATableIsWrong(_ text: String, _ parts: [String]) async throws {
    try await withTable(text) { source in
      await expectFailure(.invalidData, mentions: parts) { try source.splits() }
    }
  }

  /// Copies of one image under two classes teach nothing, and are not the same file.
  @Test func namesCopiesOfTwoClasses() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try ["png/sequential/rgb.png", "bmp/rgb24.bmp", "gif/palette.gif"].map { try ImageFixture.bytes($0) }
      for (place, image) in [("a/1", 0), ("a/2", 1), ("b/1", 2), ("b/2", 0), ("b/3", 2), ("b/4", 0)] {
        try FileManager.default.createDirectory(
          atPath: folder + "/\(place.prefix(1))", withIntermediateDirectories: true)
        try write(bytes[image], to: folder + "/\(place)")
      }
      let images = try ImageSource.folder(folder).splits(SplitRule(testShare: 0)).train
      let found = try #require(images.contradiction)
      #expect(found.hasPrefix("2 training images repeat another's content under another class"), "\(found)")
      #expect(found.contains("b/2 (b) that of \(folder)/a/1 (a)"), "\(found)")
      try FileManager.default.removeItem(atPath: folder + "/a/1")
      #expect(try ImageSource.folder(folder).splits(SplitRule(testShare: 0)).train.contradiction == nil)
    }
  }

  @Test func saysWhatIsNoTable() async throws {
    try await withTemporaryFolder { folder in
      await expectFailure(.missingInput, mentions: ["absent.csv"]) {
        try ImageSource.table(folder + "/absent.csv").splits()
      }
      try write([0x70, 0x61, 0x74, 0x68, 0x2c, 0x6c, 0xff, 0x0a], to: folder + "/latin.csv")
      await expectFailure(.invalidData, mentions: ["latin.csv", "UTF-8"]) {
        try ImageSource.table(folder + "/latin.csv").splits()
      }
    }
  }
}
