import Foundation
import Testing

extension Command {
  /// Training and evaluating on a user's own images.
  @Suite struct OwnImages {
    let sandbox = try! Sandbox()
    let train = [
      "train", "--model", "densenet-bc-16-6", "--resize", "32", "--batch-size", "4", "--epochs", "1", "--quiet",
    ]

    /// Two classes of eight images, grey and in colour, of several sizes.
    private func addImages(to folder: String) throws {
      for n in 0..<4 {
        try sandbox.add([
          "\(folder)/cat/\(n).png": "png/sequential/rgb.png", "\(folder)/cat/\(n).jpg": "jpeg/grey.jpg",
          "\(folder)/dog/\(n).jpg": "jpeg/cmyk.jpg",
          "\(folder)/dog/g\(n).png": "png/sequential/grey8.png",
        ])
      }
    }

    @Test func aFolderTrainsAndIsEvaluatedOnWhatWasLeft() async throws {
      try addImages(to: "pets")
      let augmentation = [
        "--crop-padding", "2", "--flip", "--rotation", "5", "--color-jitter", "0.2,0.2,0.2,0.05", "--random-erasing",
        "0.3",
        "--cutout", "4", "--normalize", "dataset", "--random-resized-crop", "0.5",
      ]
      let data = ["--dataset", "folder:pets", "--val-share", "0.25", "--split-seed", "3"]
      for run in ["one", "two"] {
        let threads = run == "one" ? "1" : "2"
        expectSuccess(
          try await sandbox.run(train + data + augmentation + ["--output", run, "--threads", threads]))
      }
      #expect(
        try Data(contentsOf: sandbox.url("one/model.safetensors"))
          == Data(contentsOf: sandbox.url("two/model.safetensors")))
      let summary = try sandbox.json("one/summary.json")
      let config = try sandbox.json("one/config.json")
      let described = try #require(config["dataset"] as? [String: Any])
      #expect(described["classes"] as? [String] == ["cat", "dog"])
      #expect(described["train_examples"] as? Int == 12 && described["test_examples"] as? Int == 4)

      let evaluate = ["evaluate", "--weights", "one/model.safetensors", "--quiet", "--json"]
      let report = try object(try await sandbox.run(evaluate + data).output)
      #expect(report["examples"] as? Int == 4)
      #expect(report["test_accuracy"] as? Double == summary["test_accuracy"] as? Double)
      let (a, b) = try (#require(report["test_loss"] as? Double), #require(summary["test_loss"] as? Double))
      #expect(abs(a - b) < 1e-3 * b)
      let table = try sandbox.text("one/predictions.csv").split(separator: "\n")
      #expect(
        table[0].hasSuffix(",file,label_name,prediction_name") && table.dropFirst().allSatisfy { $0.contains(",pets/") }
      )
      let all = try object(try await sandbox.run(evaluate + ["--dataset", "folder:pets"]).output)
      #expect(all["examples"] as? Int == 16)
    }

    @Test func aTableTrainsAndLooksTwice() async throws {
      try addImages(to: "pets")
      var lines = ["path,label,split"]
      for n in 0..<4 {
        let part = n == 3 ? "val" : "train"
        lines += ["pets/cat/\(n).png,cat,\(part)", "pets/dog/\(n).jpg,\"dog, \"\"big\"\"\",\(part)"]
      }
      try sandbox.write(Data(lines.joined(separator: "\n").utf8), to: "pets.csv")
      let data = ["--dataset", "csv:pets.csv"]
      expectSuccess(try await sandbox.run(train + data + ["--output", "run", "--mixup", "0.4", "--grey"]))
      let classes = try sandbox.json("run/config.json")["dataset"] as? [String: Any]
      #expect(classes?["classes"] as? [String] == ["cat", "dog, \"big\""])
      let evaluate = ["evaluate", "--weights", "run/model.safetensors", "--quiet", "--json"] + data
      let once = try object(try await sandbox.run(evaluate).output)
      let twice = try object(try await sandbox.run(evaluate + ["--tta", "flip"]).output)
      #expect(once["examples"] as? Int == 2 && twice["examples"] as? Int == 2)
      #expect(once["test_loss"] as? Double != twice["test_loss"] as? Double)

      let predict = ["predict", "--weights", "run/model.safetensors", "--json", "--quiet", "pets/cat/0.png"]
      func probability(_ options: [String]) async throws -> Double {
        let list = try object(try await sandbox.run(predict + options).output)["predictions"] as? [[String: Any]]
        let top = try #require(list?.first?["top"] as? [[String: Any]])
        let cat = top.first { $0["class"] as? String == "cat" }
        return try #require(cat?["probability"] as? Double)
      }
      #expect(try await probability([]) != probability(["--tta", "flip"]))
    }

    @Test func damagedImagesAreNamedAndCounted() async throws {
      try addImages(to: "pets/train")
      try addImages(to: "pets/val")
      try sandbox.write(Data("hello".utf8), to: "pets/train/cat/bad.png")
      let run = train + ["--dataset", "folder:pets", "--output"]
      let outcome = try await sandbox.run(run + ["run"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("pets/train/cat/bad.png: expected a JPEG, PNG, WebP, BMP, GIF or TIFF image"))
      #expect(outcome.errors.contains("warning: left out 1 of 33 images"))
      // One of two test images is few of all.
      try sandbox.write(Data("hello".utf8), to: "pets/val/cat/worse.png")
      expectSuccess(try await sandbox.run(run + ["more"]))
      for name in ["c.png", "d.png"] { try sandbox.write(Data("hello".utf8), to: "pets/train/cat/\(name)") }
      expectFailure(
        try await sandbox.run(run + ["other"]), 65,
        saying: ["4 of 36 images cannot be read, more than 10%", "bad.png"])
      #expect(sandbox.names(in: "other") == nil)
      expectFailure(
        try await sandbox.run(train + ["--dataset", "folder:absent"]), 66, saying: ["absent: no such folder"])
      expectFailure(try await sandbox.run(train + ["--dataset", "csv:absent.csv"]), 66, saying: ["absent.csv"])
      expectFailure(
        try await sandbox.run(train + ["--dataset", "cifar10", "--data-dir", "pets"]), 66,
        saying: ["pets: cifar10 is not there", "data_batch_1.bin"])
      expectFailure(
        try await sandbox.run(train + ["--dataset", "cifar100"]), 66, saying: ["cifar100", "--data-dir"])
    }

    @Test(arguments: [
      ("--crop-padding", "-1", "a whole number from 0 to 1024"), ("--crop-padding", "2.5", "a whole number"),
      ("--rotation", "181", "a number from 0 to 180"), ("--random-resized-crop", "2", "a number from 0 to 1"),
      ("--color-jitter", "1,1,1", "three numbers from 0 to 10"), ("--color-jitter", "1,1,1,0.6", "one from 0 to 0.5"),
      ("--random-erasing", "1.1", "a number from 0 to 1"), ("--cutout", "x", "a whole number from 0 to 8192"),
      ("--mixup", "nan", "a number from 0 to 100"), ("--cutmix", "-1", "a number from 0 to 100"),
      ("--mixup-switch-prob", "1.5", "a number from 0 to 1"), ("--normalize", "imagnet", "none, imagenet, dataset"),
      ("--normalize", "0.5,0.5:1,1", "1 or 3 channels"), ("--normalize", "0.5:0", "1 or 3 channels"),
      ("--normalize", "imagenet", "3 channels, found 1"), ("--normalize", "0,0,0:1,1,1", "1 channels, found 3"),
      ("--val-share", "1", "between 0 and 1"), ("--val-share", "0.5", "applies only to images in a folder or a table"),
      ("--tta", "flop", "none"), ("--fit", "stretch", "squash"),
    ])
    func optionsThatMakeNoSenseAreNamed(_ option: String, _ value: String, _ part: String) async throws {
      let command = option == "--tta" ? ["evaluate", "--weights", "w"] : ["train"]
      let outcome = try await sandbox.run(command + tinyData + [option, value])
      expectFailure(outcome, 64, saying: [option, part])
      #expect(sandbox.names(in: "runs") == nil)
    }

    /// Once in each command, with the option that helps; nothing where no image loses anything.
    @Test func whatACropCutsOffIsNoted() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 8])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1"]
      let cropped = try await sandbox.run(run + ["--output", "cropped"])
      expectSuccess(cropped)
      let note = "16 of 16 images are not square: the centre crop cuts up to 26% off their longer side"
      #expect(cropped.errorLines.count { $0.hasPrefix("densenet: note: \(note)") && $0.contains("(--fit)") } == 1)
      let squashed = try await sandbox.run(run + ["--fit", "squash", "--output", "squashed"])
      expectSuccess(squashed)
      for command in [
        ["evaluate", "--dataset", "folder:photos", "--part", "test"], ["predict", "photos/a/0.png"],
        ["predict", "photos"],
      ] {
        let loud = try await sandbox.run(command + ["--quiet", "--weights", "cropped/model.safetensors"])
        expectSuccess(loud)
        #expect(loud.saysOnlyThatImagesAreCropped, "\(loud.errors)")
        let silent = try await sandbox.run(command + ["--quiet", "--weights", "squashed/model.safetensors"])
        #expect(silent.status == 0 && silent.errors == "", "\(silent.errors)")
        let resized = ["--quiet", "--resize", "32", "--weights", "cropped/model.safetensors"]
        #expect(try await sandbox.run(command + resized).errors == "")
      }
      #expect(!squashed.errors.contains("not square"))
    }
  }
}
