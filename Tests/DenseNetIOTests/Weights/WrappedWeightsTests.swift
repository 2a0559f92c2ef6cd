import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// `Tests/Fixtures/wrapped`, written by `Scripts/fixtures/weights/make_wrapped_fixtures.py`.
private let folder = fixtures.deletingLastPathComponent().appendingPathComponent("wrapped")
private let expected = try! WeightsFile(contentsOf: folder.appendingPathComponent("expected.safetensors"))

/// Files of one kind have a folder, by the first part of their names.
private func file(_ name: String) -> URL {
  let kind = name.split(separator: "-")[0]
  let isSorted = ["prefix", "entry", "head", "refused", "several", "classes", "normalized"].contains(kind)
  return folder.appendingPathComponent(isSorted ? "\(kind)/\(name).pth" : "\(name).pth")
}

private func read(_ name: String, entry: String? = nil) throws -> WeightsReader {
  try WeightsReader(contentsOf: file(name), entry: entry)
}

/// How far the logits of a file are from PyTorch's, relative to the greatest.
private func error(_ file: WeightsFile, from name: String) throws -> Float {
  let net = DenseNet(try #require(try file.networkCard.configuration?.value), initialization: nil)
  try file.load(into: net)
  let logits = net(try #require(expected["input"]?.tensor))
  let wanted = try #require(expected[name]?.tensor)
  return zip(logits.values, wanted.values).map { abs($0 - $1) }.max()! / wanted.values.map(abs).max()!
}

/// Weights as other programs keep them: each file's logits are PyTorch's.
@Suite struct WrappedWeightsTests {
  @Test(arguments: expected.tensors.map(\.name).filter { $0 != "input" && $0 != "entry-dots" })
  func logitsAreThoseOfPyTorch(_ name: String) throws {
    #expect(try error(try read(name).file, from: name) < 2e-6)
  }

  @Test(arguments: [
    ("entry-timm", "state_dict_ema was taken, an average of weights, not state_dict"),
    ("entry-nested", "model_ema.module was taken"), ("entry-inside", "ema was taken, an average of weights, not model"),
    ("entry-averaged", "swa_model was taken"), ("entry-unnamed", "ema was left out: it has no tensors"),
    ("extra", "left out, as not of the network: confusion, loss.weight"), ("head-auxiliary", "left out"),
    ("profiled", "features.conv0.total_ops, total_params"), ("pruned", "9 pruned tensors were multiplied"),
    ("weight-norm", "8 tensors were computed from their weight normalisation"),
    ("xrayvision", "op_threshs gives the labels' thresholds"),
  ])
  func whatWasChosenAndLeftIsSaidInOneLine(name: String, part: String) throws {
    let notes = try read(name).file.notes
    #expect(notes.count == 1 && notes[0].text.contains("\(name).pth: ") && notes[0].text.contains(part), "\(notes)")
  }

  @Test(arguments: ["prefix-backbone", "entry-none", "entry-optimizer", "entry-best", "monai", "head-dropout"])
  func nothingIsSaidWhereThereIsNoChoice(name: String) throws {
    #expect(try read(name).file.notes.isEmpty)
  }

  @Test(arguments: [
    ("several-gan", "generator, discriminator"), ("several-teacher", "teacher, student"),
    ("several-inside", "teacher, student"), ("entry-dots", "d, a.b.c"),
  ])
  func equallyLikelyEntriesAreListed(name: String, list: String) {
    let thrown = failure { _ = try read(name) }
    #expect(thrown?.description.contains("several entries with weights: \(list); choose one of them") == true)
    #expect(thrown?.settings == ["entry"])
  }

  @Test(arguments: [
    ("several-gan", "generator", "entry-none"), ("several-teacher", "student", "entry-timm"),
    ("several-inside", "teacher", "entry-none"), ("several-inside", "student", "entry-timm"),
    ("entry-dots", "a.b.c", "entry-none"), ("entry-dots", "a.b", "entry-none"), ("entry-dots", "d", "entry-timm"),
    ("entry-timm", "state_dict", "entry-none"), ("entry-nested", "model_ema", "entry-timm"),
    ("entry-nested", "model", "entry-none"), ("entry-inside", "state_dict.model", "entry-none"),
    ("entry-inside", "model", "entry-none"),
  ])
  func anEntryCanBeChosen(name: String, entry: String, as other: String) throws {
    #expect(try error(try read(name, entry: entry).file, from: other) < 2e-6)
  }

  @Test(arguments: [
    ("several-gan", "ema", "expected an entry ema, found the entries generator, discriminator"),
    ("entry-timm", "state_dict.x", "expected an entry state_dict.x, found the entries state_dict, state_dict_ema"),
    ("monai", "model", "expected an entry model, found the entries the file's own tensors"),
  ])
  func aWrongEntryListsThoseThatAreThere(name: String, entry: String, part: String) {
    let thrown = failure { _ = try read(name, entry: entry) }
    #expect(thrown?.description.contains(part) == true, "\(thrown?.description ?? "none")")
  }

  @Test(arguments: [
    ("refused-head-of-two", "its head classifier is more than one linear layer: it has classifier.2.weight beside"),
    ("refused-head-with-norm", "it has classifier.0.weight beside classifier.1.weight"),
    ("refused-second-layer", "its layer out.weight [2, 3] reads the 3 outputs of the classifier"),
    ("refused-sequence", "its head 1 is more than one linear layer: it has 1.0.weight beside 1.1.weight"),
    ("refused-spectral", "features.conv0.weight_orig is a part"),
    ("refused-spectral-new", "features.conv0.parametrizations.weight.original is a part"),
    ("refused-volume", "features.conv0.weight is of a convolution in three dimensions"),
  ])
  func whatCannotBeComputedIsRefusedByName(name: String, part: String) {
    let thrown = failure { _ = try read(name) }
    #expect(thrown?.kind == .invalidData && thrown?.description.contains(part) == true)
  }

  @Test func featuresAloneTakeANewClassifierAndNothingElse() throws {
    let file = try read("features-only").file
    var configuration = try #require(try file.networkCard.configuration?.value)
    configuration.numClasses = 5
    let net = DenseNet(configuration, initialization: nil)
    let thrown = failure { try file.load(into: net) }
    #expect(thrown?.description.contains("it has no classifier (classifier.weight, classifier.bias)") == true)
    #expect(thrown?.settings == ["initialWeights", "numClasses"])
    let report = try file.load(into: net, classes: .reinitialized(seed: 1))
    #expect(report.classes == LoadReport.Change(file: nil, model: 5))
  }

  @Test func torchXRayVisionsInputsAndFindingsAreKnown() throws {
    let file = try read("xrayvision").file
    let preprocessing = try #require(try file.card.preprocessing?.value)
    // From -1024 for black to 1024 for white.
    #expect((0 - preprocessing.mean[0]) / preprocessing.std[0] == -1024)
    #expect((1 - preprocessing.mean[0]) / preprocessing.std[0] == 1024)
    #expect(file.metadata["activation"] == "sigmoid")
    // Its `op_norm` maps them to 0.5; the file's third is NaN.
    #expect(file.card.thresholds == [Double(Float(0.1)), Double(Float(0.2)), 0.5])
  }

  @Test func theNearestNameIsShown() throws {
    var file = try read("prefix-model").file
    let place = try #require(file.tensors.firstIndex { $0.name == "features.norm5.weight" })
    file.tensors[place].name = "features.norm5.gamma"
    let net = DenseNet(try #require(try file.networkCard.configuration?.value), initialization: nil)
    let thrown = failure { try file.load(into: net) }
    #expect(thrown?.description.contains("nearest to features.norm5.weight is features.norm5.gamma") == true)
  }
}
