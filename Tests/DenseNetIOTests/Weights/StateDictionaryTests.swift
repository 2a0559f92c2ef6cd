import DenseNetIO
import DenseNets
import Testing

@Suite struct StateDictionaryTests {
  private let expected = [
    ExpectedTensor(name: "0.0.weight", shape: [2, 1, 3, 3]), ExpectedTensor(name: "0.1.running_mean", shape: [2]),
    ExpectedTensor(name: "0.1.num_batches_tracked", shape: []),
  ]

  private func file(_ tensors: [(String, [Int])], _ integers: [(String, Int64)] = []) -> WeightsFile {
    WeightsFile(
      tensors: tensors.map {
        NamedTensor(name: $0.0, tensor: Tensor(shape: $0.1, values: Array(repeating: 1, count: $0.1.reduce(1, *))))
      } + integers.map { NamedTensor(name: $0.0, value: .scalar($0.1)) },
      source: "w.safetensors")
  }

  @Test func whatFitsIsFoundByName() throws {
    let state = try StateDictionary(
      file([("0.0.weight", [2, 1, 3, 3]), ("0.1.running_mean", [2])], [("0.1.num_batches_tracked", 3)]),
      expecting: expected)
    #expect(state.tensor("0.0.weight").shape == [2, 1, 3, 3])
    #expect(state.integer("0.1.num_batches_tracked") == 3)
  }

  @Test func theCounterIsOptionalEitherWay() throws {
    let without = file([("0.0.weight", [2, 1, 3, 3]), ("0.1.running_mean", [2])])
    #expect(try StateDictionary(without, expecting: expected).integer("0.1.num_batches_tracked") == nil)
    let with = file(
      [("0.0.weight", [2, 1, 3, 3]), ("0.1.running_mean", [2])], [("0.1.num_batches_tracked", 3)])
    _ = try StateDictionary(with, expecting: Array(expected.dropLast()))
  }

  @Test func everythingWrongIsListedInOneLine() {
    let wrong = file([("0.0.weight", [2, 3, 3, 3]), ("foo", [1])], [("bar.num_batches_tracked", 1)])
    let thrown = failure { _ = try StateDictionary(wrong, expecting: expected) }
    #expect(
      thrown
        == Failure(
          .invalidData,
          "w.safetensors: its tensors do not fit the network: missing 1 (0.1.running_mean); "
            + "unexpected 2 (foo, bar.num_batches_tracked); "
            + "misshapen 1 (0.0.weight: expected [2, 1, 3, 3], found [2, 3, 3, 3]); "
            + "choose the model and options that the file was made with"))
  }

  @Test func aLongListIsCut() {
    let many = (0..<100).map { ExpectedTensor(name: "\($0).weight", shape: [1]) }
    let thrown = failure { _ = try StateDictionary(file([]), expecting: many) }
    #expect(thrown?.description.contains("missing 100 (0.weight, 1.weight, 2.weight, 3.weight, …)") == true)
  }

  @Test func integersAreNoWeights() {
    let thrown = failure {
      _ = try StateDictionary(file([], [("a", 1)]), expecting: [ExpectedTensor(name: "a", shape: [])])
    }
    #expect(thrown?.description.contains("a: expected floating-point numbers, found integers") == true)
  }
}
