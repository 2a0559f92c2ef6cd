import Foundation
import Testing

extension Command {
  @Suite struct Streams {
    let sandbox = try! Sandbox()

    @Test(arguments: [">&-", ">/dev/full", ">&- 2>&- <&-"])
    func needStandardOutput(_ redirection: String) async throws {
      let outcome = try await sandbox.run(
        oneStep + ["--output", "run"], shell: "exec \"$0\" \"$@\" \(redirection)")
      #expect(outcome.status == 74 && outcome.output == "")
      if !redirection.contains("2>") {
        let line = try #require(outcome.errorLines.last)
        #expect(line.hasPrefix("densenet: standard output: cannot be written: ") && line.hasSuffix("are in run"))
      }
      // All was done but the printing, and nothing that was meant for a closed stream is in a file.
      #expect(sandbox.runNames(in: "run") == runFiles)
      #expect(try metrics(sandbox.text("run/metrics.jsonl")).count == 2)
      _ = try (sandbox.json("run/config.json"), sandbox.json("run/summary.json"))
    }

    @Test(arguments: ["--help", "--version", "summary", "summary --json"])
    func needStandardOutputForEverything(_ command: String) async throws {
      let words = command.split(separator: " ").map(String.init)
      let outcome = try await sandbox.run(words, shell: "exec \"$0\" \"$@\" >/dev/full")
      expectFailure(outcome, 74, saying: ["standard output: cannot be written"])
    }

    @Test(arguments: ["2>&-", "2>/dev/full"])
    func doWithoutStandardError(_ redirection: String) async throws {
      let shell = "exec \"$0\" \"$@\" \(redirection)"
      let outcome = try await sandbox.run(oneStep + ["--output", "run"], shell: shell)
      expectSuccess(outcome)
      #expect(outcome.output.hasPrefix("loss "))
      #expect(try metrics(sandbox.text("run/metrics.jsonl")).count == 2)
      #expect(try await sandbox.run(["train", "--dataset", "nope"], shell: shell).status == 66)
      #expect(try await sandbox.run(["train", "--nope"], shell: shell).status == 64)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func endInOrderWhenInterrupted(_ number: Int32) async throws {
      let running = try sandbox.start(["train", "--output", "run", "--epochs", "1000"] + tinyData)
      let hasBegun = try await wait(seconds: 60) { (try? sandbox.text("run/metrics.jsonl").contains("\n")) == true }
      #expect(hasBegun)
      kill(running.process.processIdentifier, number)
      let outcome = try await running.outcome()
      #expect(outcome.status == 130 && outcome.output == "")
      let line = try #require(outcome.errorLines.last)
      #expect(
        line.contains(
          /^densenet: interrupted after step \d+ in epoch \d+; resume with densenet train --resume --output run$/),
        "\(line)")

      let files = try #require(sandbox.runNames(in: "run"))
      #expect(Set(files).isSuperset(of: ["checkpoints", "model.safetensors", "report.html"]), "\(files)")
      #expect(!files.contains("summary.json"))
      _ = try sandbox.json("run/config.json")
      #expect(try !metrics(sandbox.text("run/metrics.jsonl")).isEmpty)
      #expect(try sandbox.text("run/curves.svg").hasSuffix("</svg>\n"))
      expectSuccess(try await sandbox.run(["evaluate", "--weights", "run/model.safetensors"] + tinyData))
    }
  }

  #if os(Linux)
    @Suite struct TerminalProgress {
      let sandbox = try! Sandbox()

      /// Runs with standard error on a terminal of that width, and answers what was written to it.
      private func seen(columns: UInt16, locale: String) async throws -> String {
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(main >= 0)
        defer { close(main) }
        var (isLocked, number) = (Int32(0), Int32(0))
        try #require(ioctl(main, UInt(0x4004_5431), &isLocked) == 0 && ioctl(main, UInt(0x8004_5430), &number) == 0)
        var size = winsize(ws_row: 25, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(main, UInt(TIOCSWINSZ), &size) == 0)
        let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        let handle = FileHandle(fileDescriptor: terminal, closeOnDealloc: true)
        // What one short run shows fits into the terminal's own buffer, so that it can be read afterwards.
        let outcome = try await sandbox.run(
          tinyRun + ["--output", "run"], environment: ["TERM": "xterm", "LC_ALL": locale], errors: handle)
        expectSuccess(outcome)
        _ = fcntl(main, F_SETFL, O_NONBLOCK)
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(main, &bytes, bytes.count)
        try #require(count > 0)
        return String(decoding: bytes[..<count], as: UTF8.self)
      }

      @Test(arguments: [(40, "C.UTF-8"), (80, "C.UTF-8"), (80, "C"), (10, "C")])
      func keepsToOneLine(_ columns: UInt16, _ locale: String) async throws {
        let text = try await seen(columns: columns, locale: locale)
        #expect(text.contains("\r") && text.contains("\u{1b}[K"))
        #expect(locale == "C.UTF-8" || !text.contains("░"))
        // Every drawing begins at the left and ends in an order to erase the rest.
        let drawings = text.replacing("\r\n", with: "\n").split(separator: "\r").filter { $0.contains("\u{1b}[K") }
        #expect(!drawings.isEmpty)
        for drawing in drawings {
          let line = drawing.split(separator: "\u{1b}[K", omittingEmptySubsequences: false)[0]
          #expect(line.count < columns && !line.contains("\n"), "\(line)")
        }
      }
    }
  #endif
}
