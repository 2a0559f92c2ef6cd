import Foundation
import Testing

extension Command {
  @Suite struct LearningRate {
    let sandbox = try! Sandbox()
    let tiny = ["lr-find"] + tinyData + ["--quiet"]

    @Test func findsARateAndDrawsIt() async throws {
      let outcome = try await sandbox.run(tiny + ["--train-limit", "100", "--steps", "30", "--json"])
      expectSuccess(outcome)
      let result = try object(outcome.output)
      let rates = try #require(result["learning_rates"] as? [Double])
      #expect(rates.count >= 10 && rates.count <= 30 && abs(rates[0] - 1e-5) < 1e-12)
      for key in ["steepest", "minimum_over_ten"] {
        #expect((result[key] as? Double).map { $0 > 1e-7 && $0 < 3 } == true, "\(key)")
      }
      #expect(try sandbox.text("lr-find.svg").hasPrefix("<svg"))
      let text = try await sandbox.run(tiny + ["--steps", "12", "--svg", "other.svg", "--optimizer", "adam"])
      expectSuccess(text)
      #expect(text.output.contains("steepest fall of the loss at") && text.output.contains("other.svg"))
      #expect(sandbox.names(in: "")?.contains("other.svg") == true)
    }

    @Test func comparesBatchSizes() async throws {
      let outcome = try await sandbox.run(tiny + ["--batch-sizes", "--train-limit", "70", "--json"])
      expectSuccess(outcome)
      let result = try object(outcome.output)
      let sizes = try #require(result["sizes"] as? [[String: Any]])
      #expect(sizes.compactMap { $0["batch_size"] as? Int } == [16, 32, 64])
      let memory = sizes.compactMap { $0["peak_memory_bytes"] as? Int }
      #expect(memory == memory.sorted() && memory[0] > 10 << 20)
      #expect(sizes.contains { $0["batch_size"] as? Int == result["suggested_batch_size"] as? Int })
    }

    @Test func wantsARangeAndSteps() async throws {
      expectFailure(try await sandbox.run(tiny + ["--lowest-lr", "4"]), 64, saying: ["--highest-lr"])
      expectFailure(try await sandbox.run(tiny + ["--steps", "9"]), 64, saying: ["--steps", "at least 10"])
      expectFailure(
        try await sandbox.run(tiny + ["--steps", "10", "--svg", "no/such/place.svg"]), 74, saying: ["no/such/place.svg"]
      )
    }
  }
}
