import Foundation
import Testing

@testable import DenseNets

@Suite struct LearningRateFinderTests {
  /// A loss that falls fastest at 1e-3, is lowest at 1e-1 and then explodes.
  @Test func suggestsWhereTheLossFallsAndATenthOfWhereItIsLowest() throws {
    let points = stride(from: -6.0, through: 0.5, by: 0.05).map { exponent in
      let loss = 2.3 - 1 / (1 + exp(-4 * (exponent + 3))) + (exponent > -1 ? pow(exponent + 1, 2) : 0) - exponent * 1e-3
      return LearningRateFinder.Point(learningRate: pow(10, exponent), loss: loss, smoothedLoss: loss)
    }
    let suggestion = try #require(LearningRateFinder.suggestion(from: points))
    #expect(abs(log10(suggestion.steepest) + 3) < 0.06)
    #expect(abs(log10(suggestion.minimumOverTen) + 2) < 0.06)
    #expect(suggestion.isClear)
    #expect(LearningRateFinder.suggestion(from: Array(points.prefix(9))) == nil)
    // The noise of the first updates is passed over, and a loss that stays says little.
    let flat = points.enumerated().map { i, point in
      let loss = i < 5 ? 3 - 0.4 * Double(i) : 2.3 - 1e-4 * Double(i)
      return LearningRateFinder.Point(learningRate: point.learningRate, loss: loss, smoothedLoss: loss)
    }
    let vague = try #require(LearningRateFinder.suggestion(from: flat))
    #expect(!vague.isClear && vague.steepest > points[points.count / 10 - 1].learningRate)
  }

  @Test func ratesRiseByAFactorAndTheTestEndsWhereTheLossExplodes() throws {
    func trainer() -> Trainer {
      let net = DenseNet(TrainingTests.small)
      net.initialize(.xavierUniform, seed: 1)
      return Trainer(model: net, optimizer: SGD(net, learningRate: 1))
    }
    let finder = LearningRateFinder(range: 1e-4...1e4, steps: 60)
    var told = 0
    let batches = TrainingTests().batches(60, of: 8, seed: 3)
    let points = try finder.run(trainer(), batches: batches) { _ in
      told += 1
      return true
    }
    #expect(points.count == told && points.count >= 10 && points.count < 60)
    for (a, b) in zip(points, points.dropFirst()) {
      #expect(abs(b.learningRate / a.learningRate - pow(1e8, 1.0 / 59)) < 1e-9)
    }
    // The first smoothed loss is the first loss.
    #expect(abs(points[0].smoothedLoss - points[0].loss) < 1e-12)
    #expect(try finder.run(trainer(), batches: batches) { _ in false }.count == 1)
  }
}
