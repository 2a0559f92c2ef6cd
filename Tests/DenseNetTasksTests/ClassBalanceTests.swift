import DenseNets
import Testing

@testable import DenseNetTasks

@Suite struct ClassBalanceTests {
  private func labels(_ counts: [Int]) -> [Int] { counts.enumerated().flatMap { Array(repeating: $0, count: $1) } }

  @Test func namesARareClass() throws {
    let remark = try #require(
      ClassBalance.remark(labels: labels([24, 8, 30]), classNames: ["cat", "dog\u{1b}[31m", "horse"]))
    #expect(remark.settings == ["classWeights"])
    for part in ["\"dog\\u{1b}[31m\" has 8 training images", "\"horse\" has 30", "balanced class weights"] {
      #expect(remark.text.contains(part), "\(remark.text)")
    }
    #expect(
      ClassBalance.remark(labels: labels([1, 90, 2]), classNames: ["a", "b", "c"])?.text.contains("1 training image,")
        == true)
  }

  @Test(arguments: [[24, 24], [24, 9], [10, 0], [0, 0], [5]])
  func saysNothingOfEvenClasses(_ counts: [Int]) {
    #expect(ClassBalance.remark(labels: labels(counts), classNames: counts.indices.map { "c\($0)" }) == nil)
  }
}
