import Testing

@testable import DenseNets

@Suite struct MetricsTests {
  @Test func mergedMetricsAreThoseOfAllBatches() {
    var (first, second, all) = (Metrics(), Metrics(), Metrics())
    first.add(loss: 2, correct: 1, count: 4)
    second.add(loss: 0.5, correct: 3, count: 3)
    second.add(loss: 1, correct: 0, count: 1)
    for (loss, correct, count) in [(2, 1, 4), (0.5, 3, 3), (1, 0, 1)] {
      all.add(loss: loss, correct: correct, count: count)
    }
    first.merge(second)
    #expect(first == all)
    #expect(first.examples == 8 && first.accuracy == 0.5 && first.loss == 10.5 / 8)
    first.merge(Metrics())
    #expect(first == all)
  }
}
