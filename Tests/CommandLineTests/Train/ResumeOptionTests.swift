import Foundation
import Testing

/// An option of `train` that says how a run goes.
struct RunOption: @unchecked Sendable {
  let words: [String]
  /// Where `config.json` has it: keys with dots between them.
  let key: String
  /// What it has there; nil: something other than in a run without the option.
  let expected: NSObject?

  init(_ words: String..., at key: String, is expected: NSObject? = nil) {
    (self.words, self.key, self.expected) = (words, key, expected)
  }

  var name: String { words[0] }
}

/// Options that a run can have together, with what they need.
struct OptionGroup: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let options: [RunOption]
  var needs: [String] = []
}

private let photos = ["--dataset", "folder:photos"]

private let gan = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../Fixtures/wrapped/several/several-gan.pth").standardizedFileURL.path

private let groups: [OptionGroup] = [
  OptionGroup(
    testDescription: "training",
    options: [
      RunOption("--epochs", "3", at: "epochs"), RunOption("--progressive", "16:1,32:2", at: "recipe.progressive"),
      RunOption("--batch-size", "5", at: "batch_size"),
      RunOption("--accumulate", "2", at: "recipe.accumulate"), RunOption("--optimizer", "adamw", at: "optimizer"),
      RunOption("--lr", "0.01", at: "lr"), RunOption("--momentum", "0.8", at: "recipe.momentum"),
      RunOption("--weight-decay", "0.02", at: "recipe.weight_decay"),
      RunOption("--label-smoothing", "0.1", at: "recipe.label_smoothing"),
      RunOption("--class-weights", "balanced", at: "recipe.class_weights"),
      RunOption("--clip-norm", "2", at: "recipe.clip_norm"), RunOption("--ema", "0.9", at: "recipe.average_decay"),
      RunOption("--patience", "7", at: "recipe.patience"),
      RunOption("--schedule", "cosine", at: "recipe.schedule.shape.cosine"),
      RunOption("--min-lr", "0.001", at: "recipe.schedule.shape.cosine.minimum"),
      RunOption("--warmup-epochs", "1", at: "recipe.schedule.warmup_epochs"),
      RunOption("--warmup-start", "0.2", at: "recipe.schedule.warmup_start"), RunOption("--seed", "5", at: "seed"),
      RunOption("--no-shuffle", at: "shuffle"), RunOption("--checkpoint-steps", "1", at: "choices.checkpoint_steps"),
      RunOption("--checkpoint-minutes", "9", at: "choices.checkpoint_minutes"),
      RunOption("--keep-checkpoints", "4", at: "choices.kept_checkpoints"),
    ], needs: photos),
  OptionGroup(
    testDescription: "images",
    options: [
      RunOption("--resize", "24", at: "resize"), RunOption("--fit", "squash", at: "preprocessing.resize.exact"),
      RunOption("--normalize", "dataset", at: "preprocessing.mean"),
      RunOption("--grey", at: "preprocessing.input_channels"),
      RunOption("--train-limit", "8", at: "choices.train_limit"),
      RunOption("--test-limit", "2", at: "choices.test_limit"),
      RunOption("--val-share", "0.2", at: "choices.validation_share"),
      RunOption("--test-share", "0.3", at: "choices.test_share"),
      RunOption("--split-seed", "4", at: "choices.split_seed"),
      RunOption("--crop-padding", "2", at: "recipe.augmentation.crop_padding"),
      RunOption("--flip", at: "recipe.augmentation.horizontal_flip"),
      RunOption("--flip", "alternating", at: "recipe.augmentation.alternating_flip"),
      RunOption("--vertical-flip", at: "recipe.augmentation.vertical_flip"),
      RunOption("--rotation", "10", at: "recipe.augmentation.rotation"),
      RunOption("--random-resized-crop", "0.5", at: "recipe.augmentation.random_resized_crop"),
      RunOption("--color-jitter", "0.1,0.2,0.3,0.1", at: "recipe.augmentation.color_jitter.hue"),
      RunOption("--random-erasing", "0.2", at: "recipe.augmentation.random_erasing"),
      RunOption("--cutout", "4", at: "recipe.augmentation.cutout"),
      RunOption("--mixup", "0.2", at: "recipe.augmentation.mixup"),
      RunOption("--cutmix", "0.8", at: "recipe.augmentation.cutmix"),
      RunOption("--mixup-switch-prob", "0.7", at: "recipe.augmentation.mixup_switch_prob"),
    ], needs: photos),
  OptionGroup(
    testDescription: "network",
    options: [
      RunOption("--recipe", "fast", at: "recipe.name"),
      RunOption("--no-nesterov", at: "recipe.nesterov", is: false as NSNumber),
      RunOption("--no-flip", at: "recipe.augmentation.horizontal_flip", is: 0 as NSNumber),
      RunOption("--no-vertical-flip", at: "recipe.augmentation.vertical_flip", is: 0 as NSNumber),
      RunOption("--milestones", "1,2", at: "recipe.schedule.shape.step.milestones"),
      RunOption("--lr-factor", "0.5", at: "recipe.schedule.shape.step.factor"),
      RunOption("--model", "densenet-bc-16-6", at: "model"),
      RunOption("--growth-rate", "5", at: "network.growth_rate"),
      RunOption("--block-layers", "1,2,1", at: "network.block_layers"),
      RunOption("--initial-features", "9", at: "network.initial_features"),
      RunOption("--bottleneck-width", "3", at: "network.bottleneck_width"),
      RunOption("--compression", "0.6", at: "network.compression"),
      RunOption("--transition-pool", "max", at: "network.transition_pool"),
      RunOption("--drop-rate", "0.1", at: "network.drop_rate"), RunOption("--precision", "bf16", at: "precision"),
      RunOption("--convolution", "direct", at: "convolution"), RunOption("--memory-efficient", at: "memory_efficient"),
      RunOption("--threads", "2", at: "choices.threads"),
    ], needs: photos + ["--schedule", "step"]),
  OptionGroup(
    testDescription: "one cycle",
    options: [
      RunOption("--one-cycle-rise", "0.4", at: "recipe.schedule.shape.one_cycle.rise"),
      RunOption("--nesterov", at: "recipe.nesterov"),
    ], needs: photos + ["--schedule", "one-cycle", "--momentum", "0.9"]),
  OptionGroup(
    testDescription: "initial weights",
    options: [
      RunOption("--init", gan, at: "initialization"), RunOption("--entry", "generator", at: "choices.entry"),
      // Their classifier is for three.
      RunOption("--num-classes", "2", at: "initialization"),
      RunOption("--freeze", "blocks:1", at: "course.freeze.blocks._0"),
      RunOption("--freeze-norm", at: "course.freeze_norm"),
      RunOption("--features-lr-scale", "0.1", at: "course.features_lr_scale"),
    ], needs: photos),
  OptionGroup(
    testDescription: "columns of labels",
    options: [
      RunOption("--label-columns", "X,Y", at: "choices.columns.labels"),
      RunOption("--uncertain", "one", at: "choices.columns.uncertain"),
      RunOption("--path-column", "Image", at: "choices.columns.path"),
      RunOption("--group-column", "Person", at: "choices.columns.group"),
      RunOption("--pos-weight", "2,3", at: "recipe.pos_weight"),
      RunOption("--threshold", "0.4", at: "recipe.threshold"),
    ], needs: ["--dataset", "csv:table.csv"]),
  OptionGroup(
    testDescription: "joined labels",
    options: [
      RunOption("--label-column", "Findings", at: "choices.columns.label"),
      RunOption("--label-separator", "|", at: "choices.columns.separator"),
    ], needs: ["--dataset", "csv:table.csv", "--path-column", "Image"]),
  OptionGroup(
    testDescription: "a dataset's folder",
    options: [
      RunOption("--dataset", "fashion-mnist", at: "dataset.name"),
      RunOption("--data-dir", "idx", at: "choices.data_directory"),
    ]),
]

/// Options that are of a process, not of the run.
private let processOptions: Set = [
  "--quiet", "--json", "--plot", "--output", "--resume", "--from-start", "--max-steps", "--version", "--help",
]

extension Command {
  /// A run that is resumed by its folder alone has the settings that it was begun with, whatever they are.
  @Suite struct ResumeOptions {
    let sandbox = try! Sandbox()

    private func prepare() throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 9, "b": 7])
      var lines = ["Image,Person,X,Y,Findings"]
      for n in 0..<7 {
        lines.append("photos/a/\(n).png,p\(n),1,\(n % 2),\(n % 2 == 0 ? "x" : "x|y")")
        lines.append("photos/b/\(n).png,p\(n),\(n == 3 ? "-1" : "0"),\((n + 1) % 2),\(n % 2 == 0 ? "y" : "No Finding")")
      }
      try sandbox.write(Data(lines.joined(separator: "\n").utf8), to: "table.csv")
      try sandbox.addIDX()
    }

    private func train(_ options: [String], _ output: String) async throws -> [String: Any] {
      expectSuccess(try await sandbox.run(["train", "--quiet", "--output", output] + options))
      return try sandbox.json("\(output)/config.json")
    }

    private func value(_ config: [String: Any], _ key: String) -> NSObject? {
      // The keys of the run's course have dots of their own.
      if let value = config[key] { return value as? NSObject }
      let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2, let inner = config[parts[0]] as? [String: Any] else { return nil }
      return value(inner, parts[1])
    }

    /// A run that was lengthened writes all its settings anew: those of one that had that length from the start.
    @Test(arguments: groups)
    fileprivate func itHasTheSettingsThatItWasBegunWith(_ group: OptionGroup) async throws {
      try prepare()
      let usual = try await train(
        photos + ["--model", "densenet-bc-10-4", "--resize", "32", "--max-steps", "1"], "usual")
      let small =
        group.options.contains { ["--model", "--init"].contains($0.name) } ? [] : ["--model", "densenet-bc-10-4"]
      let size = group.options.contains { $0.name == "--resize" } ? [] : ["--resize", "32"]
      let options = group.options.flatMap(\.words) + group.needs + small + size
      var long = try await train(options + ["--max-steps", "2"], "long")
      for option in group.options {
        let found = value(long, option.key)
        let isThere = option.expected.map { $0 == found } ?? (found != nil && found != value(usual, option.key))
        #expect(isThere, "\(option.name) is not in config.json")
      }
      _ = try await train(options + ["--max-steps", "1"], "run")
      var resumed = try await train(["--resume", "--max-steps", "2"], "run")
      for key in ["arguments", "started", "plan_changes", "resumed_arguments"] {
        (long[key], resumed[key]) = (nil, nil)
      }
      for key in Set(long.keys).union(resumed.keys) {
        #expect(value(long, key) == value(resumed, key), "\(key)")
      }
      #expect(try sandbox.weights("run") == sandbox.weights("long"))
      let checkpoints = ["run", "long"].map { sandbox.names(in: "\($0)/checkpoints") }
      #expect(checkpoints[0] != nil && checkpoints[0] == checkpoints[1])
      // All options once more: the same run.
      let again = try await sandbox.run(["train", "--resume", "--output", "run", "--max-steps", "2"] + options)
      expectSuccess(again)
      #expect(again.errors.contains("complete"), "\(again.errors)")
    }

    /// A new option belongs into one of the groups, or among those of the process.
    @Test func everyOptionIsInAGroup() async throws {
      struct Dump: Decodable {
        struct Command: Decodable { let arguments: [Argument] }
        struct Argument: Decodable { let names: [Name]? }
        struct Name: Decodable {
          let kind: String
          let name: String
        }
        let command: Command
      }
      let outcome = try await sandbox.run(["train", "--experimental-dump-help"])
      expectSuccess(outcome)
      let dump = try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8))
      let names = dump.command.arguments.compactMap { argument in
        argument.names?.first { $0.kind == "long" }.map { "--\($0.name)" }
      }
      let known = processOptions.union(groups.flatMap { $0.options.map(\.name) + $0.needs })
      #expect(names.count > 70)
      #expect(names.filter { !known.contains($0) } == [])
    }
  }
}

extension Sandbox {
  /// Images and labels in `idx`, as MNIST's files hold them: 16 to train on, 8 to test on.
  func addIDX() throws {
    for (part, count) in [("train", 16), ("t10k", 8)] {
      var images = Data([0, 0, 8, 3])
      for size in [count, 28, 28] { images += Data([0, 0, UInt8(size >> 8), UInt8(size & 255)]) }
      for pixel in 0..<count * 784 {
        let value = pixel * 7 + pixel / 784 * 31
        images.append(UInt8(value & 255))
      }
      var labels = Data([0, 0, 8, 1, 0, 0, 0, UInt8(count)])
      for n in 0..<count { labels.append(UInt8(n % 10)) }
      try write(images, to: "idx/\(part)-images-idx3-ubyte")
      try write(labels, to: "idx/\(part)-labels-idx1-ubyte")
    }
  }
}
