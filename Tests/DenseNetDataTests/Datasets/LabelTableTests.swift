import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Tables of images with several labels each.
@Suite struct LabelTableTests {
  private func columns(_ labels: [String]? = ["a", "b"]) -> TableColumns {
    var columns = TableColumns()
    columns.labels = labels
    return columns
  }

  /// A table `t.csv` beside images `0.png`, `1.png`, ….
  private func source(_ folder: String, _ lines: [String], _ columns: TableColumns, images: Int = 8) throws
    -> ImageSource
  {
    try writeImages((0..<images).map { "\($0).png" }, to: folder)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/t.csv"))
    return .table(folder + "/t.csv", columns: columns)
  }

  private func grouped(_ columns: TableColumns) -> TableColumns {
    var result = columns
    result.group = "patient"
    return result
  }

  /// Why a table cannot be split.
  private func problem(_ folder: String, _ lines: [String], _ columns: TableColumns) -> String {
    do {
      _ = try source(folder, lines, columns).splits()
      return "no problem"
    } catch { return "\(error)" }
  }

  @Test(arguments: ["", "ignore", "zero", "one"])
  func columnsAreReadAsPandasWritesThem(_ name: String) async throws {
    let policy = TableColumns.Uncertain(rawValue: name)
    let expected = [1, 0, policy == .zero ? 0 : policy == .one ? 1 : -1, -1]
    try await withTemporaryFolder { folder in
      for spelling in [["1", "0", "-1", ""], ["1.0", "0.0", "-1.0", "NaN"], ["True", "False", " -1 ", " "]] {
        var choice = columns()
        choice.uncertain = policy
        let lines = ["path,a,b,split"] + spelling.enumerated().map { "\($0).png,\($1),1,train" } + ["4.png,0,0,test"]
        let splits = try source(folder, lines, choice).splits()
        let matrix = try #require(splits.train.labelMatrix)
        #expect((0..<4).map { Int(matrix.row($0)[$0 * 2]) } == expected, "\(spelling)")
        #expect(splits.train.classNames == ["a", "b"] && splits.train.count == 4 && splits.test.count == 1)
        #expect(splits.notes.contains { $0.contains("1 uncertain labels (-1)") }, "\(splits.notes)")
        #expect(splits.notes.contains { $0.contains("1 empty labels") }, "\(splits.notes)")
      }
    }
  }

  @Test(arguments: ["2", "yes", "0.5", "-2", "1;0", "0x1"])
  func anythingElseIsNamedWithItsPlace(_ cell: String) async throws {
    try await withTemporaryFolder { folder in
      let text = problem(folder, ["path,a,b", "0.png,1,0", "1.png,0,\(cell)"], columns())
      #expect(text.contains("t.csv, line 3, column \"b\": expected 0 or 1"), "\(text)")
      #expect(text.contains("found \"\(cell)\""), "\(text)")
    }
  }

  @Test func choicesThatDoNotGoTogetherAreRefused() throws {
    func expectRefusal(_ change: (inout TableColumns) -> Void) {
      var choice = columns()
      change(&choice)
      let wrong = choice
      #expect(throws: Failure.self) { try wrong.validate() }
    }
    expectRefusal { $0.separator = "|" }
    expectRefusal { $0.label = "c" }
    expectRefusal { $0.labels = ["a", "a"] }
    expectRefusal { $0.labels = ["a", ""] }
    expectRefusal { $0.labels = ["path"] }
    expectRefusal { $0.group = "a" }
    expectRefusal { ($0.labels, $0.uncertain) = (nil, .one) }
    expectRefusal { ($0.labels, $0.separator) = (nil, "") }
    try columns().validate()
    #expect(try TableColumns.names(" A,\"B, left\", C ") == ["A", "B, left", "C"])
  }

  @Test func missingColumnsAreNamedWithThoseThatThereAre() async throws {
    try await withTemporaryFolder { folder in
      let lines = ["file,a,b", "0.png,1,0", "1.png,0,1"]
      #expect(problem(folder, lines, columns()).contains("no column \"path\""))
      var choice = columns(["a", "c"])
      choice.path = "file"
      let text = problem(folder, lines, choice)
      #expect(text.contains("no column \"c\"; its 3 columns are file, a, b"), "\(text)")
      choice = columns()
      (choice.path, choice.group) = ("file", "patient")
      #expect(problem(folder, lines, choice).contains("no column \"patient\""))
    }
  }

  @Test func aColumnThatSaysNothingIsRefusedAndOneThatIsAlwaysTheSameIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let empty = ["path,a,b,split", "0.png,1,,train", "1.png,0,-1,train", "2.png,0,1,test"]
      #expect(problem(folder, empty, columns()).contains("column \"b\": expected 0 or 1"))
      let same = ["path,a,b,split", "0.png,1,0,train", "1.png,0,0,train", "2.png,0,1,test", "3.png,1,1,test"]
      let warnings = try source(folder, same, columns()).splits().warnings
      #expect(warnings.contains { $0.contains("no training image is known to have b") }, "\(warnings)")
      #expect(
        warnings.contains { $0.contains("every test image that says so has b: AUROC and average precision leave it") })
    }
  }

  /// What all have, what none has and what nobody knows are said apart.
  @Test func labelsThatCannotBeRankedAreNamedByTheReason() async throws {
    try await withTemporaryFolder { folder in
      let rows = [
        "0.png,1,0,1,1,train", "1.png,0,1,0,0,train", "2.png,1,0,,1,test", "3.png,1,,-1,0,test",
        "4.png,0,1,1,0,val", "5.png,0,0,0,1,val",
      ]
      let lines = ["path,a,b,c,d,split"] + rows
      let warnings = try source(folder, lines, columns(["a", "b", "c", "d"])).splits().warnings
      let place = "\(folder)/t.csv: "
      #expect(
        warnings == [
          place + "no test image is known to have b: AUROC and average precision leave it out",
          place + "every test image that says so has a: AUROC and average precision leave it out",
          place + "no test image says whether it has c: AUROC and average precision leave it out",
          place + "no validation image is known to have a: AUROC and average precision leave it out",
        ], "\(warnings)")
    }
  }

  @Test func joinedLabelsAreSplitAndSorted() async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      (choice.path, choice.label, choice.separator) = ("Image Index", "Finding Labels", "|")
      let lines = [
        "Image Index,Finding Labels,split", "0.png,Mass|Effusion,train", "1.png,No Finding,train",
        "2.png, Effusion | Mass |,train", "3.png,,train", "4.png,Edema,test",
      ]
      let splits = try source(folder, lines, choice).splits()
      #expect(splits.train.classNames == ["Edema", "Effusion", "Mass"])
      #expect(splits.train.labelMatrix?.values == [0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0])
      #expect(splits.test.labelMatrix?.values == [1, 0, 0])
      #expect(splits.origin.contains("3 labels"))
      let both = ["Image Index,Finding Labels", "0.png,Mass", "1.png,No Finding|Mass"]
      #expect(problem(folder, both, choice).contains("line 3, column \"Finding Labels\""))
      let capitals = ["Image Index,Finding Labels", "0.png,Mass", "1.png,mass"]
      #expect(problem(folder, capitals, choice).contains("differ only in capitals"))
    }
  }

  /// Another separator than the named one would make one label of several.
  @Test(arguments: [
    (["a;b", "a", "b", "c"], "name \";\" as what separates them"), (["a, b", "b, c", "c", "a", "b"], "name \",\""),
    (["['a', 'b']", "['b']", "[]", "['a']"], "write lists without brackets"),
    (["[a]", "[b]", "[a]", "[b]"], "write lists without brackets"), (["a/b", "b/c", "c", "a", "b"], "name \"/\""),
  ])
  func labelsJoinedOtherwiseAreRefused(_ fields: [String], _ remedy: String) async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      choice.separator = "|"
      let text = problem(
        folder, ["path,label"] + fields.enumerated().map { "\($0).png,\"\($1)\"" }, choice)
      #expect(text.contains("t.csv, line 2, column \"label\": expected labels with \"|\" between them"), "\(text)")
      #expect(text.contains(remedy), "\(text)")
    }
  }

  /// A mark within names is none between labels, where the named separator is used, or no part stands elsewhere.
  @Test(arguments: [
    ["a;b|c", "a", "c", "c"], ["a/x", "b/y", "c/z", "a/x"], ["mass, left", "mass, right", "mass", "mass, left"],
    ["new york", "york", "paris", "york"],
  ])
  func marksWithinLabelsAreLeft(_ fields: [String]) async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      choice.separator = "|"
      let lines = (fields + fields).enumerated().map { "\($0).png,\"\($1)\"" }
      let text = problem(folder, ["path,label"] + lines, choice)
      #expect(text == "no problem")
    }
  }

  /// One label or class that seems to be several is warned of; names that share a word are not.
  @Test(
    arguments: [
      (["a | b", "a", "b", "c"], nil, true), (["a b", "a", "b", "c"], nil, true), (["a+b", "a", "b", "c"], nil, true),
      (["['a', 'b']", "c", "d", "d"], nil, true), (["red rose", "rose", "tulip", "tulip"], nil, false),
      (["mass, left", "mass, right", "mass", "cyst"], nil, false), (["a_b", "a", "b", "c"], "|", true),
      (["new york", "york", "paris", "york"], "|", false),
    ] as [([String], String?, Bool)])
  func whatSeemsToBeSeveralIsWarnedOf(_ fields: [String], _ separator: String?, _ isNamed: Bool) async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      choice.separator = separator
      let lines = ["path,label"] + (fields + fields + fields).enumerated().map { "\($0).png,\"\($1)\"" }
      let warnings = try source(folder, lines, choice, images: 12).splits().warnings
      #expect(warnings.contains { $0.contains("several") } == isNamed, "\(warnings)")
    }
  }

  /// Columns by which rows are usually split, where nothing splits by them.
  @Test func columnsThatCouldSplitAreNamed() async throws {
    try await withTemporaryFolder { folder in
      let lines = ["path,label,is_valid,Patient ID"] + (0..<8).map { "\($0).png,\($0 % 2),True,\($0 / 2)" }
      var choice = TableColumns()
      let warnings = try source(folder, lines, choice).splits().warnings
      #expect(warnings.contains { $0.contains("\"is_valid\": it seems to say which rows are held out") }, "\(warnings)")
      #expect(warnings.contains { $0.contains("\"Patient ID\": 4 values for 8 rows") }, "\(warnings)")
      choice.group = "Patient ID"
      #expect(try !source(folder, lines, choice).splits().warnings.contains { $0.contains("4 values") })
      let split = ["path,label,split,fold"] + (0..<8).map { "\($0).png,\($0 % 2),\($0 < 4 ? "train" : "val"),1" }
      #expect(try source(folder, split, TableColumns()).splits().warnings == [])
      let unknown = ["path,label,Patient ID"] + (0..<8).map { "\($0).png,\($0 % 2),\($0 == 3 ? "NA" : "7")" }
      #expect(
        problem(folder, unknown, choice).contains("line 5, column \"Patient ID\": expected a value, found \"NA\""))
    }
  }

  /// A blank field says that there is no label, and that is said.
  @Test func blankFieldsAreCounted() async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      choice.separator = "|"
      let fields = ["a|b", "", "NaN", "No Finding", "a", "b", "a|b", "b"]
      let splits = try source(folder, ["path,label"] + fields.enumerated().map { "\($0).png,\($1)" }, choice).splits()
      #expect(splits.notes.contains { $0.hasPrefix("2 rows name no label") }, "\(splits.notes)")
    }
  }

  @Test func oneFileWithTwoSetsOfLabelsIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let lines = ["path,a,b", "0.png,1,0", "1.png,0,1", "./0.png,1,1"]
      #expect(
        problem(folder, lines, columns()).contains("listed twice, with different labels"))
      let same = ["path,a,b", "0.png,1,0", "1.png,0,1", "2.png,0,1", "./0.png,1,0"]
      let splits = try source(folder, same, columns()).splits()
      #expect(splits.train.count + splits.test.count == 3)
      #expect(splits.warnings.contains { $0.contains("1 entry repeats an image") })
    }
  }

  /// No patient on both sides, the same choice for the same seed whatever the rows' order, and the share met.
  @Test(arguments: [0.1, 0.25, 0.5], [true, false])
  func groupsAreNotParted(_ share: Double, _ hasLabels: Bool) async throws {
    try await withTemporaryFolder { folder in
      let images = 90
      let choice = grouped(hasLabels ? columns() : TableColumns())
      let rows = (0..<images).map { "\($0).png,\($0 % 2),\($0 % 3 == 0 ? 1 : 0),p\($0 * $0 % 37),c\($0 % 2)" }
      let head = "path,a,b,patient,label"
      let patients = Dictionary(uniqueKeysWithValues: (0..<images).map { ("\($0).png", $0 * $0 % 37) })
      func split(_ rows: [String], seed: UInt64) throws -> ImageSplits {
        try source(folder, [head] + rows, choice, images: images).splits(SplitRule(testShare: share, seed: seed))
      }
      func names(_ images: LabeledImageFiles) -> [String] {
        images.paths.map { String($0.split(separator: "/").last!) }
      }
      let splits = try split(rows, seed: 3)
      let (train, test) = (names(splits.train), names(splits.test))
      #expect(Set(train.map { patients[$0]! }).isDisjoint(with: test.map { patients[$0]! }))
      #expect(train.count + test.count == images)
      #expect(abs(Double(test.count) - share * Double(images)) <= 2, "\(test.count)")
      #expect(try Set(names(split(rows.reversed(), seed: 3).test)) == Set(test))
      #expect(try Set(names(split(rows, seed: 4).test)) != Set(test))
    }
  }

  @Test func oneGroupCannotBeSplitAndASplitThatPartsGroupsIsNamed() async throws {
    try await withTemporaryFolder { folder in
      var choice = columns()
      choice.group = "patient"
      let one = ["path,a,b,patient", "0.png,1,0,x", "1.png,0,1,x"]
      #expect(problem(folder, one, choice).contains("expected 2 groups or more"))
      let parted = ["path,a,b,patient,split", "0.png,1,0,x,train", "1.png,0,1,y,train", "2.png,0,1,x,test"]
      let warnings = try source(folder, parted, choice).splits().warnings
      #expect(warnings.contains { $0.contains("1 group has images both for training and for testing, such as x") })
      // Of each two of three parts.
      let three = [
        "path,a,b,patient,split", "0.png,1,0,x,train", "1.png,0,1,y,train", "2.png,0,1,x,val", "3.png,1,1,z,val",
        "4.png,0,1,z,test", "5.png,1,0,w,test", "6.png,1,0,v,test", "7.png,1,0,v,val",
      ]
      let lines = try source(folder, three, choice).splits().warnings.filter { $0.contains("group") }
      #expect(lines.count == 2)
      #expect(lines[0].contains("1 group has images both for training and for validation, such as x"), "\(lines)")
      #expect(lines[1].contains("2 groups have images both for validation and for testing, such as v"), "\(lines)")
    }
  }

  /// Where groups allow it, no class and no label loses its last training image; where they do not, that is said.
  @Test(arguments: [true, false], [0.25, 0.5])
  func groupsLeaveEachClassSomethingToLearnFrom(_ hasLabels: Bool, _ share: Double) async throws {
    try await withTemporaryFolder { folder in
      var choice = grouped(hasLabels ? columns() : TableColumns())
      if !hasLabels { choice.label = "kind" }
      // A class of two groups among sixteen, and one of a single group.
      let rows = (0..<16).map {
        "\($0).png,\($0 < 2 ? 1 : 0),\($0 == 2 ? 1 : 0),p\($0),\($0 < 2 ? "rare" : $0 == 2 ? "lone" : "common")"
      }
      for seed in 0..<20 as Range<UInt64> {
        var rule = SplitRule(testShare: share, seed: seed)
        if seed % 2 == 1 { rule = SplitRule(testShare: share, validationShare: 0.2, seed: seed) }
        let splits = try source(folder, ["path,a,b,patient,kind"] + rows, choice, images: 16).splits(rule)
        let counts = hasLabels ? try #require(splits.train.labelMatrix).positives : splits.train.classCounts
        #expect(counts.allSatisfy { $0 > 0 }, "\(seed): \(counts)")
        #expect(abs(Double(splits.test.count) - 16 * share) <= 1)
        #expect(!splits.warnings.contains { $0.contains("no training image") })
      }
    }
  }

  @Test func aClassWithoutTrainingImagesIsNamed() async throws {
    try await withTemporaryFolder { folder in
      var choice = TableColumns()
      choice.group = "patient"
      // Each group is the only one of its class.
      let lines = ["path,label,patient", "0.png,a,x", "1.png,b,y", "2.png,a,x", "3.png,a,x", "4.png,a,x"]
      let splits = try source(folder, lines, choice).splits()
      #expect(splits.train.classCounts == [4, 0])
      #expect(splits.warnings.contains { $0.contains("no training images of b: nothing of them can be learnt") })
      // That is no fault of a damaged image.
      try Data("no image".utf8).write(to: URL(fileURLWithPath: folder + "/3.png"))
      let many = lines + (0..<20).map { "more\($0).png,a,x" }
      try writeImages((0..<20).map { "more\($0).png" }, to: folder)
      let (sound, skipped) = try source(folder, many, choice, images: 3).splits().checked()
      #expect(skipped.count == 1 && sound.train.classCounts == [23, 0])
    }
  }

  /// Every label with two images or more is in both parts.
  @Test func rareLabelsAreOnBothSides() async throws {
    try await withTemporaryFolder { folder in
      let rows = (0..<60).map { "\($0).png,\($0 % 2),\($0 < 2 ? 1 : 0)" }
      for seed in 0..<5 as Range<UInt64> {
        let splits = try source(folder, ["path,a,b"] + rows, columns(), images: 60).splits(SplitRule(seed: seed))
        #expect(splits.test.labelMatrix?.positives[1] == 1 && splits.train.labelMatrix?.positives[1] == 1)
        #expect(abs(splits.test.count - 12) <= 1)
      }
    }
  }

  /// A mixture's loss is the mean of the losses for both images' labels, as far as they are known.
  @Test func mixturesLearnFromWhatIsKnownOfBoth() throws {
    let known = LabelMatrix(labels: 2, values: [1, -1, 0, 1, -1, -1, 1, 0])
    let images = LabeledImageFiles(
      name: "t", labelNames: ["a", "b"], root: "", paths: (0..<4).map { "\($0)" }, matrix: known)
    var augmentation = Augmentation.none
    augmentation.mixup = 1
    let assembler = BatchAssembler(
      source: images, preprocessing: .squashed(channels: 1, size: 1), augmentation: augmentation, seed: 5, epoch: 0)
    let pixels = (0..<4).map { DecodedImage(width: 1, height: 1, channels: 1, pixels: [UInt8($0 * 60)]) }
    let batch = try assembler.batch(pixels, of: .init(number: 2, indices: [0, 1, 2, 3], count: 4, part: nil))
    let share = try #require(augmentation.mixing(seed: 5, epoch: 0, batch: 2)).share
    #expect(share > 0 && share < 1)
    let (targets, mask) = (try #require(batch.targets).values, try #require(batch.mask).values)
    for (i, value) in known.values.enumerated() {
      let other = known.values[(3 - i / 2) * 2 + i % 2]
      let (a, b) = (value < 0 ? 0 : share, other < 0 ? 0 : 1 - share)
      #expect(abs(Double(mask[i]) - (a + b)) < 1e-6)
      let wanted = a + b > 0 ? (a * Double(value) + b * Double(other)) / (a + b) : 0
      #expect(abs(Double(targets[i]) - wanted) < 1e-6)
    }
  }

  @Test func labelsAreArrangedAsANetworkHasThem() throws {
    let images = LabeledImageFiles(
      name: "t", labelNames: ["a", "b"], root: "", paths: ["0", "1"],
      matrix: LabelMatrix(labels: 2, values: [1, 0, -1, 1]))
    #expect(try images.arranged(["b", "a"], fillsAbsent: false, source: "t.csv").labelMatrix?.values == [0, 1, 1, -1])
    #expect(
      try images.arranged(["b", "c", "a"], fillsAbsent: true, source: "t.csv").labelMatrix?.values == [
        0, 0, 1, 1, 0, -1,
      ])
    #expect(throws: Failure.self) { try images.arranged(["b", "c", "a"], fillsAbsent: false, source: "t.csv") }
    #expect(throws: Failure.self) { try images.arranged(["a"], fillsAbsent: true, source: "t.csv") }
    // A remedy for each way to give labels: no column can be left out of joined names.
    for joined in [false, true] {
      do {
        _ = try images.arranged(["a"], fillsAbsent: joined, source: "t.csv")
      } catch {
        #expect(error.settings == (joined ? [] : ["labelColumns"]))
        #expect(error.description.contains(joined ? "remove it from the table" : "leave it out"))
      }
    }
  }
}
