import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// What checkpoints have beside a network's weights: the names of its classes, the normalisation of its input.
@Suite struct CheckpointDescriptionTests {
  private func read(_ name: String) throws -> WeightsFile {
    let kind = name.split(separator: "-")[0]
    return try WeightsFile(
      contentsOf: fixtures.deletingLastPathComponent().appendingPathComponent("wrapped/\(kind)/\(name).pth"))
  }

  @Test(arguments: [
    ("classes-list", "classes"), ("classes-places", "class_to_idx"), ("classes-names", "hyper_parameters.idx_to_class"),
    ("classes-texts", "meta.CLASSES"), ("classes-labels", "config.id2label"),
    ("classes-nested", "meta.dataset_meta.classes"),
  ])
  func classesAreNamed(name: String, key: String) throws {
    let file = try read(name)
    #expect(file.card.classNames == ["rose", "daisy", "tulip"])
    #expect(file.notes.map(\.text).joined().contains("\(key) names the classes"), "\(file.notes)")
  }

  @Test(arguments: [
    ("classes-fewer", "classes names 2 classes, the network has 3: left out"),
    ("classes-contrary", "classes and class_to_idx name the classes in different orders: both left out"),
  ])
  func namesThatCannotBeTrustedAreLeftOut(name: String, note: String) throws {
    let file = try read(name)
    #expect(file.card.classNames == nil)
    #expect(file.notes.map(\.text).joined().contains(note), "\(file.notes)")
  }

  @Test func numbersMayBeNames() throws {
    #expect(try read("classes-ints").card.classNames == ["7", "3", "5"])
  }

  /// What may name them in another form is said, with what to do.
  @Test(arguments: ["classes-array", "classes-text", "classes-gap"])
  func namesThatAreNotReadAreNoted(name: String) throws {
    let file = try read(name)
    #expect(file.card.classNames == nil)
    let note = try #require(file.notes.first { $0.text.contains("may name the classes in a form that is not read") })
    #expect(note.settings == ["classNames"])
  }

  /// Metadata by other programs' keys.
  @Test(arguments: [
    ("classes", #"["rose","daisy","tulip"]"#), ("id2label", #"{"0":"rose","1":"daisy","2":"tulip"}"#),
    ("class_to_idx", #"{"tulip":2,"rose":0,"daisy":1}"#), ("names", #"{"2":"tulip","0":"rose","1":"daisy"}"#),
  ])
  func metadataNamesClasses(key: String, json: String) throws {
    var file = try read("normalized-zero")
    file.metadata = [key: json]
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.safetensors")
      try file.write(to: url)
      #expect(try WeightsFile(contentsOf: url).card.classNames == ["rose", "daisy", "tulip"])
    }
  }

  /// Hugging Face's config.json names classes; its preparation of images is not read, which is said.
  @Test func aFolderOfHuggingFaceIsRead() throws {
    try withTemporaryFolder { folder in
      try read("normalized-zero").write(to: folder.appendingPathComponent("model.safetensors"))
      let config = #"{"model_type":"densenet","id2label":{"0":"rose","1":"daisy","2":"tulip"}}"#
      try Data(config.utf8).write(to: folder.appendingPathComponent("config.json"))
      try Data("{}".utf8).write(to: folder.appendingPathComponent("preprocessor_config.json"))
      let file = try WeightsFile(contentsOf: folder)
      #expect(file.card.classNames == ["rose", "daisy", "tulip"])
      #expect(file.notes.contains { $0.text.contains("preprocessor_config.json is not read") }, "\(file.notes)")
    }
  }

  /// Few dicts that share each other, as a pickle can have them, are many only by the paths to them.
  @Test func dictsThatAreSharedAreLookedAtOnce() throws {
    let time = try ContinuousClock().measure { _ = try read("classes-shared") }
    #expect(time < .seconds(5), "\(time)")
  }

  /// Places that do not begin at 0 are those of another network.
  @Test func placesBeyondTheOutputsNameNothing() throws {
    #expect(try read("classes-gap").card.classNames == nil)
  }

  /// Shares of white, in any shape, and values of bytes.
  @Test(arguments: ["normalized-share", "normalized-map", "normalized-bytes", "normalized-module"])
  func theNormalisationIsThePreprocessings(name: String) throws {
    let file = try read(name)
    let preprocessing = try #require(try file.card.preprocessing?.value)
    #expect(preprocessing.mean == [0.25] && preprocessing.std == [0.5])
    // But for these, as for such networks.
    var usual = try #require(try file.networkCard.configuration?.value).standardPreprocessing
    (usual.mean, usual.std) = ([0.25], [0.5])
    #expect(preprocessing == usual)
    #expect(file.notes.count == 1 && file.notes[0].text.contains("normalise the input"), "\(file.notes)")
  }

  /// Means of other things, and values that no image is normalised by.
  @Test(arguments: ["y_scaler", "val_metric", "bytes"])
  func otherMeansAreLeft(name: String) throws {
    let file = try read("normalized-other-\(name)")
    #expect(file.card.preprocessing == nil)
    #expect(file.notes.count == 1 && file.notes[0].text.contains("left out, as not of the network"), "\(file.notes)")
  }

  @Test(arguments: ["normalized-zero", "normalized-channels"])
  func whatIsNoNormalisationIsListed(name: String) throws {
    let file = try read(name)
    #expect(file.card.preprocessing == nil)
    #expect(file.notes.map(\.text).joined().contains("left out, as not of the network: mean, std"), "\(file.notes)")
  }
}
