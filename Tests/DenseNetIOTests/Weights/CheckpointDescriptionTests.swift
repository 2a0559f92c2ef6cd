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

  /// Places that do not begin at 0 are those of another network.
  @Test func placesBeyondTheOutputsNameNothing() throws {
    #expect(try read("classes-gap").card.classNames == nil)
  }

  /// Shares of white, in any shape, and values of bytes.
  @Test(arguments: ["normalized-share", "normalized-map", "normalized-bytes"])
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

  @Test(arguments: ["normalized-zero", "normalized-channels"])
  func whatIsNoNormalisationIsListed(name: String) throws {
    let file = try read(name)
    #expect(file.card.preprocessing == nil)
    #expect(file.notes.map(\.text).joined().contains("left out, as not of the network: mean, std"), "\(file.notes)")
  }
}
