import DenseNets
import Foundation

/// A line of `metrics.jsonl` and the point that it holds.
struct MetricsLine {
  enum Point {
    case train(MetricsHistory.TrainPoint)
    case epoch(MetricsHistory.EpochPoint)
  }

  let point: Point
  /// Without its line feed.
  let text: Data

  /// The file's whole lines.
  static func lines(of url: URL) throws(Failure) -> [MetricsLine] {
    let data = try InputData.read(url)
    let texts = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var lines: [MetricsLine] = []
    for (index, text) in texts.enumerated() {
      let isLast = index == texts.count - 1
      if isLast, text.isEmpty { break }
      do {
        lines.append(MetricsLine(point: try Point(Data(text)), text: Data(text)))
      } catch {
        // Only a line feed makes a line whole.
        if isLast { break }
        throw Failure(
          .invalidData,
          "\(url.relativePath): line \(index + 1): expected a point of a run, found \(error.reason); remove the line")
      }
    }
    return lines
  }
}

extension MetricsLine.Point {
  /// What is wrong with a line.
  struct Problem: Error {
    let reason: String
  }

  private enum Key: String, CodingKey {
    case event, epoch, step, seconds
    case trainLoss = "train_loss"
    case trainAccuracy = "train_accuracy"
    case learningRate = "learning_rate"
    case testLoss = "test_loss"
    case testAccuracy = "test_accuracy"
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"
    case examplesPerSecond = "examples_per_second"
    case waitingShare = "waiting_share"
    case testMeanAUROC = "test_mean_auroc"
    case testMeanAveragePrecision = "test_mean_average_precision"
    case validationMeanAUROC = "val_mean_auroc"
    case validationMeanAveragePrecision = "val_mean_average_precision"
  }

  private struct Line: Decodable {
    let point: MetricsLine.Point

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      func number(_ key: Key) throws -> Double { try values.decode(Double?.self, forKey: key) ?? .nan }
      func optional(_ key: Key) throws -> Double? { try values.decodeIfPresent(Double.self, forKey: key) }
      func ranking(_ auroc: Key, _ precision: Key) throws -> LabelRanking? {
        guard values.contains(auroc) else { return nil }
        return LabelRanking(meanAUROC: try optional(auroc), meanAveragePrecision: try optional(precision))
      }
      let event = try values.decode(String.self, forKey: .event)
      switch event {
      case "train":
        point = .train(
          .init(
            epoch: try values.decode(Double.self, forKey: .epoch), step: try values.decode(Int.self, forKey: .step),
            loss: try number(.trainLoss), accuracy: try number(.trainAccuracy),
            learningRate: try optional(.learningRate)))
      case "epoch":
        point = .epoch(
          .init(
            epoch: try values.decode(Int.self, forKey: .epoch), step: try values.decode(Int.self, forKey: .step),
            trainLoss: try number(.trainLoss), trainAccuracy: try number(.trainAccuracy),
            testLoss: try optional(.testLoss), testAccuracy: try optional(.testAccuracy),
            examplesPerSecond: try number(.examplesPerSecond), seconds: try number(.seconds),
            waitingShare: try optional(.waitingShare), validationLoss: try optional(.validationLoss),
            validationAccuracy: try optional(.validationAccuracy),
            ranking: try ranking(.testMeanAUROC, .testMeanAveragePrecision)
              ?? ranking(.validationMeanAUROC, .validationMeanAveragePrecision)))
      default: throw Problem(reason: "the event “\(printable(event, limit: 20))”")
      }
    }
  }

  init(_ text: Data) throws(Problem) {
    do {
      self = try JSONDecoder().decode(Line.self, from: text).point
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(reason: reason(error))
    }
  }
}
