/// How a score ranks positives above negatives: the counts at each threshold, from the highest to the lowest.
///
/// A threshold is a score that occurs, and takes in every example of at least that score, so that examples of equal
/// scores come in together: what scikit-learn's `roc_curve`, `precision_recall_curve` and the figures from them do.
package struct RankingCurve: Sendable, Equatable {
  /// Each of the scores once, falling.
  package private(set) var thresholds: [Double] = []
  /// At each threshold: the positives and the negatives of at least that score.
  package private(set) var truePositives: [Int] = []
  package private(set) var falsePositives: [Int] = []

  /// - Precondition: there is a truth for each score, and no score is NaN.
  package init(scores: [Double], truths: [Bool]) {
    precondition(scores.count == truths.count, "expected a truth for each of \(scores.count) scores")
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var (positives, negatives) = (0, 0)
    for (place, index) in order.enumerated() {
      if truths[index] { positives += 1 } else { negatives += 1 }
      if place + 1 < order.count, scores[order[place + 1]] == scores[index] { continue }
      thresholds.append(scores[index])
      truePositives.append(positives)
      falsePositives.append(negatives)
    }
  }

  package var positives: Int { truePositives.last ?? 0 }
  package var negatives: Int { falsePositives.last ?? 0 }
  package var hasBothClasses: Bool { positives > 0 && negatives > 0 }

  /// The area under the curve of true against false positive rates (`roc_auc_score`): the chance that a positive scores
  /// higher than a negative, equal scores counting half. Nil where all examples are of one class.
  package var auroc: Double? {
    guard hasBothClasses else { return nil }
    var doubled = 0.0
    var (lastTrue, lastFalse) = (0, 0)
    for (hits, misses) in zip(truePositives, falsePositives) {
      doubled += Double(misses - lastFalse) * Double(hits + lastTrue)
      (lastTrue, lastFalse) = (hits, misses)
    }
    return doubled / 2 / (Double(positives) * Double(negatives))
  }

  /// Σ (recall − recall before)·precision over the thresholds (`average_precision_score`). Nil where there is no
  /// positive.
  package var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    var (sum, last) = (0.0, 0)
    for (hits, misses) in zip(truePositives, falsePositives) {
      sum += Double(hits - last) * (Double(hits) / Double(hits + misses))
      last = hits
    }
    return sum / Double(positives)
  }

  /// The threshold of the best F1, for decisions "at least the threshold"; of equal ones the lowest, as `argmax` over
  /// `precision_recall_curve` finds it. Nil where all examples are of one class.
  ///
  /// It lies half-way between the lowest score that it takes in and the next one below, or 0: a threshold that is itself
  /// a score would leave out its own example where the score is computed again and comes out lower in the last bits.
  package var bestF1: (threshold: Double, f1: Double)? {
    guard hasBothClasses else { return nil }
    var best: (index: Int, f1: Double)?
    for (index, hits) in truePositives.enumerated() {
      let f1 = Double(2 * hits) / Double(hits + falsePositives[index] + positives)
      if f1 >= best?.f1 ?? 0 { best = (index, f1) }
    }
    return best.map { index, f1 in
      let (score, below) = (thresholds[index], index + 1 < thresholds.count ? thresholds[index + 1] : 0)
      let middle = below + (score - below) / 2
      // There may be no number between the two.
      return (middle > below ? middle : score, f1)
    }
  }
}
