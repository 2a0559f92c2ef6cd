import DenseNetData
import DenseNetIO
import DenseNets
import Foundation
import Testing

@testable import DenseNetTasks

@Suite struct RunFingerprintTests {
  private func fingerprint(_ change: (inout TrainingOptions) -> Void = { _ in }) async throws -> RunFingerprint {
    var options = TrainingOptions(dataset: .named("fashion-mnist-sample"))
    change(&options)
    return try await options.prepared(TaskMonitor()) { $0.fingerprint }
  }

  private func difference(
    _ old: [String: String], _ new: [String: String], countsInstructionSet: Bool = true
  ) -> String? {
    RunFingerprint.Difference(old, new, countsInstructionSet: countsInstructionSet)?.description
  }

  /// A setting without a row in the table would make old runs differ from new ones: give it one, with what runs had
  /// before there was the setting.
  @Test func theChaptersRunHasNoSettingButItsImages() async throws {
    let settings = try await fingerprint().settings
    #expect(
      Set(settings.keys) == [
        "dataset", "test_set", "instruction_set", "preprocessing.mean", "preprocessing.std",
        "preprocessing.resize.exact",
      ])
  }

  @Test func anAbsentSettingHasItsDefault() async throws {
    let (new, old) = (try await fingerprint().settings, try await fingerprint().flattened)
    #expect(old.count > new.count + 40)
    #expect(difference(old, new) == nil && difference(new, old) == nil)
    let other = try await fingerprint {
      ($0.seed, $0.recipe.lr) = (9, 0.2)
      $0.recipe.schedule.shape = .cosine(minimum: 0)
    }
    #expect(
      difference(old, other.settings)
        == "recipe.lr: 0.1 there, 0.2 here; recipe.schedule.shape.cosine.minimum: nothing there, 0 here; seed: 0 there, 9 here"
    )
  }

  @Test func theInstructionSetCountsWhereBothNameIt() {
    let (a, b) = (["instruction_set": "avx2"], ["instruction_set": "avx512"])
    #expect(difference(a, b) == "instruction_set: avx2 there, avx512 here")
    #expect(difference([:], b) == nil && difference(a, [:]) == nil)
    #expect(difference(a, b, countsInstructionSet: false) == nil)
  }
}

@Suite struct SavedRunTests {
  private func saved(_ name: String) throws -> SavedRun {
    try #require(try SavedRun(contentsOf: Fixtures.folder("Fixtures/runs/\(name)/generic/run")))
  }

  /// Of version 0.1.0.
  @Test func anOldRunsSettingsAreReadAsTheyWereResolved() throws {
    let run = try saved("fine-tuned")
    #expect(!run.namesDataset && run.arguments.first == "train")
    #expect(throws: Failure.self) { try run.options() }
    let options = try run.options(dataset: .folder("pictures"))
    #expect(options.fineTuning.freeze == .blocks(1) && options.fineTuning.featuresLearningRateScale == 0.1)
    #expect(options.initialWeights == "start.safetensors" && options.numClasses == 3)
    #expect(options.recipe.averageDecay == 0.9 && options.recipe.schedule.warmupEpochs == 2)
    #expect(options.recipe.schedule.shape == .cosine(minimum: 0) && options.batchSize == 4)

    let adam = try saved("adam-in-order").options()
    #expect(adam.seed == 7 && !adam.shuffles && adam.maxSteps == 100 && adam.recipe.optimizer == .adam)
    #expect(adam.trainLimit == 320 && adam.network?.configuration.blockLayers == [1, 1])
    #expect(try saved("bf16").options().compute.precision == .bf16)
  }

  /// A recipe of before there was the setting.
  @Test func whatARecipeDoesNotHaveIsAsInTheChapters() throws {
    let scratch = try Scratch()
    let url = Fixtures.folder("Fixtures/runs/best/generic/run/config.json")
    var config = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var recipe = try #require(config["recipe"] as? [String: Any])
    for key in ["accumulate", "class_weights"] { recipe[key] = nil }
    var augmentation = try #require(recipe["augmentation"] as? [String: Any])
    augmentation["mixup"] = nil
    recipe["augmentation"] = augmentation
    config["recipe"] = recipe
    try JSONSerialization.data(withJSONObject: config).write(to: scratch.folder.appending(path: "config.json"))
    let options = try #require(try SavedRun(contentsOf: scratch.folder)).options()
    #expect(options.recipe == (try saved("best").options().recipe))
  }

  @Test func aRecipeThatIsNoObjectIsRefused() throws {
    let scratch = try Scratch()
    let url = Fixtures.folder("Fixtures/runs/best/generic/run/config.json")
    var config = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    for recipe in [5, "best", [1]] as [Any] {
      config["recipe"] = recipe
      try JSONSerialization.data(withJSONObject: config).write(to: scratch.folder.appending(path: "config.json"))
      let run = try #require(try SavedRun(contentsOf: scratch.folder))
      #expect { _ = try run.options() } throws: { "\($0)".contains("expected the settings of a training run") }
    }
  }

  @Test func aFolderWithoutARunHasNone() throws {
    let scratch = try Scratch()
    #expect(try SavedRun(contentsOf: scratch.folder) == nil)
    try Data("{}".utf8).write(to: scratch.folder.appending(path: "config.json"))
    #expect(throws: Failure.self) { try SavedRun(contentsOf: scratch.folder) }
  }
}
