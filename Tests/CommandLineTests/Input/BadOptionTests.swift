import Foundation
import Testing

extension Command {
  @Suite struct BadOptions {
    let sandbox = try! Sandbox()

    static let wholeNumbers = [
      "--epochs", "--batch-size", "--resize", "--threads", "--max-steps", "--train-limit", "--test-limit",
    ]
    static let notWholeNumbers = [
      "-1", "0", "abc", "", "1e30", "1.5", "nan", "99999999999999999999", "2147483649", " 1", "1 ", "0x10",
    ]

    @Test(arguments: wholeNumbers)
    func wantsWholeNumbers(_ option: String) async throws {
      for value in Self.notWholeNumbers {
        for arguments in [[option, value]] + (value == "-1" ? [["\(option)=-1"]] : []) {
          expectFailure(
            try await sandbox.run(["train"] + arguments), 64,
            saying: [option, "'\(value)'", "expected a whole number from 1 to", "densenet train --help"])
        }
      }
      #expect(sandbox.names(in: "runs") == nil)
    }

    @Test(arguments: ["-1", "0", "nan", "inf", "1e39", "1e-60", "fast", "", "0,1", "0x10", "0X1p4"])
    func wantsARealNumber(_ value: String) async throws {
      expectFailure(
        try await sandbox.run(["train", "--lr", value]), 64,
        saying: ["--lr", "'\(value)'", "expected a number greater"])
    }

    @Test(arguments: ["-1", "abc", "18446744073709551616", "1.0"])
    func wantsASeed(_ value: String) async throws {
      expectFailure(
        try await sandbox.run(["train", "--seed", value]), 64,
        saying: ["--seed", "'\(value)'", "expected a whole number"])
    }

    struct Case: CustomTestStringConvertible {
      let arguments: [String]
      let parts: [String]
      var status: Int32 = 64
      var testDescription: String { arguments.joined(separator: " ") }
    }

    static let cases = [
      Case(arguments: ["train", "--bogus"], parts: ["unknown option '--bogus'", "densenet train --help"]),
      Case(
        arguments: ["train", "--flip", "alternating", "--no-flip"],
        parts: ["expected --flip or --no-flip, found both; see densenet train --help"]),
      Case(
        arguments: ["lr-find", "--no-flip", "--flip"],
        parts: ["expected --flip or --no-flip, found both; see densenet lr-find --help"]),
      Case(arguments: ["train", "extra"], parts: ["unexpected argument 'extra'"]),
      Case(arguments: ["frobnicate"], parts: ["unexpected argument 'frobnicate'", "densenet --help"]),
      Case(arguments: ["bench", "frobnicate"], parts: ["unexpected argument 'frobnicate'", "densenet bench --help"]),
      Case(arguments: tinyRun + ["--model", "resnet50"], parts: ["--model", "found \"resnet50\"", "d2l"]),
      Case(arguments: ["train", "--precision", "fp8"], parts: ["--precision", "'fp8'", "fp32", "bf16"]),
      Case(arguments: ["train", "--epochs"], parts: ["missing value for '--epochs <n>'"]),
      Case(arguments: ["train", "--json=yes"], parts: ["--json", "does not take any value"]),
      Case(arguments: ["evaluate"], parts: ["--weights <file>", "densenet evaluate --help"]),
      Case(arguments: ["train", "--threads", "2000"], parts: ["--threads: expected at most 1024, found 2000"]),
      Case(arguments: ["summary", "--input", "28"], parts: ["expected at least 29 pixels", "found 28", "(--input)"]),
      Case(arguments: ["summary", "--input", "100000"], parts: ["expected at most 8192 pixels", "(--input)"]),
      Case(arguments: ["summary", "--channels", "5000"], parts: ["--channels: expected at most 1024, found 5000"]),
      Case(arguments: ["bench", "train", "--size", "28"], parts: ["expected at least 29 pixels", "(--size)"]),
      Case(arguments: ["bench", "train", "--size", "100000"], parts: ["expected at most 8192 pixels", "(--size)"]),
      Case(
        arguments: ["bench", "train", "--batch-size", "2147483648"],
        parts: [
          "batches of 2147483648 images of 96×96 pixels", "of memory, this",
          "choose a smaller batch or smaller images (--batch-size, --size)",
        ]),
      Case(
        arguments: ["bench", "train", "--size", "32", "--batch-size", "1"],
        parts: ["batch norm", "images of 61 pixels or more (--batch-size, --size)"]),
      Case(
        arguments: ["train", "--dataset", "nope"], parts: ["nope", "fashion-mnist, fashion-mnist-sample"], status: 66),
      Case(
        arguments: ["train", "--dataset", "a\nb\u{1b}[31m"], parts: ["a\\nb\\u{1b}[31m", "name one of"], status: 66),
      Case(arguments: ["train", "--bo\ngus"], parts: ["unknown option"]),
      Case(arguments: ["train", "--dataset", ""], parts: ["fashion-mnist, fashion-mnist-sample"], status: 66),
    ]

    @Test(arguments: cases)
    func saysWhatIsWrong(_ test: Case) async throws {
      expectFailure(try await sandbox.run(test.arguments), test.status, saying: test.parts)
      #expect(sandbox.names(in: "runs") == nil)
    }

    @Test(arguments: ["--output", "--init", "--data-dir"])
    func wantsPathsThatAreNotEmpty(_ option: String) async throws {
      expectFailure(try await sandbox.run(tinyRun + [option, ""]), 64, saying: [option, "expected a path"])
      #expect(sandbox.names(in: "") == ["home", "logs"])
    }

    @Test(arguments: [
      (["--resize", "28"], ["expected at least 29 pixels", "found 28", "(--resize)"]),
      (["--resize", "100000"], ["expected at most 8192 pixels", "found 100000", "(--resize)"]),
      (
        ["--resize", "8192", "--train-limit", "2000", "--batch-size", "2000"],
        [
          "batches of 2000 images of 8192×8192 pixels", "of memory, this",
          "choose a smaller batch or smaller images (--batch-size, --resize)",
        ]
      ),
      (["--train-limit", "17"], ["batch norm", "images of 61 pixels or more (--batch-size, --resize)"]),
      (
        ["--train-limit", "1", "--batch-size", "1"],
        ["batch norm", "images of 61 pixels or more (--batch-size, --resize)"]
      ),
    ])
    func wantsSizesThatSuitTheNetwork(_ options: [String], _ parts: [String]) async throws {
      expectFailure(try await sandbox.run(tinyRun + ["--output", "run"] + options), 64, saying: parts)
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test(arguments: ["nonsense", "AVX2", "avx1024"])
    func wantsAKnownInstructionSet(_ name: String) async throws {
      expectFailure(
        try await sandbox.run(tinyRun + ["--output", "run"], environment: ["DENSENET_ISA": name]), 64,
        saying: ["DENSENET_ISA: expected one of generic, avx2, avx512", "found \"\(name)\""])
      #expect(sandbox.names(in: "run") == nil)
    }
  }
}
