import Foundation
import Testing

@testable import DenseNetReports

@Suite struct ComparisonPageTests {
  private func run(_ name: String, accuracy: Double, ended: Bool = true, settings: [(String, String)])
    -> ComparisonPage.Run
  {
    var curves = RunCurves(epochs: 3)
    for epoch in [1.0, 2, 3] {
      curves.trainLoss.append(.init(epoch: epoch, value: 1 / epoch))
      curves.testLoss.append(.init(epoch: epoch, value: 1 / epoch))
      curves.testAccuracy.append(.init(epoch: epoch, value: epoch == 2 ? accuracy + 0.01 : accuracy))
      curves.examplesPerSecond.append(.init(epoch: epoch, value: 100))
    }
    return ComparisonPage.Run(
      name: name, model: "d2l", dataset: ended ? "sample" : nil,
      results: ended
        ? .init(
          trainLoss: 0.25, trainAccuracy: 0.9, testLoss: 0.5, testAccuracy: accuracy, examplesPerSecond: 200,
          seconds: 3661, peakMemoryBytes: 1 << 30, parameters: 758_226) : nil,
      curves: curves, epochs: 3, settings: settings.map { ($0.0, $0.1) })
  }

  private var page: ComparisonPage {
    ComparisonPage([
      run("first", accuracy: 0.75, settings: [("lr", "0.1"), ("seed", "0")]),
      run(
        "a<b>", accuracy: 0.8, ended: false, settings: [("lr", "0.05"), ("seed", String(repeating: "7", count: 60))]),
    ])
  }

  @Test func isATable() {
    let text = page.text()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.split(separator: #/ {2,}/#) }
    #expect(
      lines[2] == [
        "first", "d2l", "sample", "3", "758,226", "0.7500", "0.7600", "0.500", "0.250", "200.0", "1.0 GiB", "1:01:01",
      ])
    #expect(lines[3] == ["a<b>", "d2l", "–", "3 so far", "–", "0.8000", "0.8100", "0.333", "0.333", "100.0", "–", "–"])
    #expect(lines[5] == ["setting", "first", "a<b>"] && lines[7] == ["lr", "0.1", "0.05"])
    #expect(lines[8][2].count == 40 && lines[8][2].hasSuffix("…"))
    #expect(ComparisonPage([run("one", accuracy: 1, settings: [])]).text().split(separator: "\n").count == 3)
  }

  /// A run on images with several labels, whose best epoch, that of the best AUROC, is not that of the best accuracy.
  private func labels(_ name: String, ended: Bool) -> ComparisonPage.Run {
    var run = run(name, accuracy: 0.5, ended: ended, settings: [])
    for (epoch, area) in [(1.0, 0.9), (2, 0.6), (3, 0.7)] {
      run.curves.meanAUROC.append(.init(epoch: epoch, value: area))
    }
    run.results?.meanAUROC = 0.71
    run.results?.bestMeanAUROC = 0.91
    run.results?.bestTestAccuracy = 0.4
    return run
  }

  @Test func runsWithSeveralLabelsShowTheirAUROC() throws {
    func rows(_ runs: [ComparisonPage.Run]) -> [[Substring]] {
      ComparisonPage(runs).text().split(separator: "\n").map { $0.split(separator: #/ {2,}/#) }
    }
    let own = rows([labels("done", ended: true), labels("half", ended: false)])
    #expect(own[0][5...7] == ["test AUROC", "best AUROC", "test loss"])
    #expect(own[2][5...6] == ["0.7100", "0.9100"] && own[3][4...6] == ["–", "0.7000", "0.9000"])
    let half = labels("half", ended: false)
    #expect(half.bestTestAccuracy == 0.5 && labels("done", ended: true).bestTestAccuracy == 0.4)

    let mixed = [labels("labels", ended: true), run("classes", accuracy: 0.75, settings: [])]
    let both = rows(mixed)
    #expect(both[0][5...8] == ["test acc", "best acc", "test AUROC", "best AUROC"])
    #expect(both[2][5...8] == ["–", "–", "0.7100", "0.9100"] && both[3][5...8] == ["0.7500", "0.7600", "–", "–"])
    let image = try #require(Markup(page: ComparisonPage(mixed).svg()))
    let texts = image.texts("text")
    #expect(["Test accuracy", "Test mean AUROC", "Test loss", "Training loss"].allSatisfy(texts.contains))
    // Each run is in three charts: of accuracy and AUROC in its own.
    for name in ["labels", "classes"] { #expect(texts.count { $0 == name } == 3, "\(name)") }
    #expect(image.all("desc").first?.text.hasPrefix("Test accuracy, mean AUROC, test loss") == true)
  }

  @Test func trainingLossesThatDifferAreToldApart() throws {
    var runs = [run("plain", accuracy: 0.5, settings: []), run("smooth", accuracy: 0.5, settings: [])]
    #expect(!ComparisonPage(runs).html().contains("comparable"))
    runs[1].curves.trainLossTerms = ["label smoothing 0.1"]
    #expect(ComparisonPage(runs).html().contains("plain: plain cross-entropy; smooth: label smoothing 0.1."))
    runs[0].curves.trainLossTerms = runs[1].curves.trainLossTerms
    #expect(!ComparisonPage(runs).html().contains("comparable"))
  }

  @Test func isAPageAndAImage() throws {
    let markup = try #require(Markup(page: page.html()))
    #expect(markup.all("h2").map(\.text) == ["Results", "Curves", "What differs"])
    #expect(markup.all("th").contains { $0.text == "a<b>" } && markup.all("svg").count == 3)
    let image = try #require(Markup(page.svg()))
    #expect(image.all("svg").count == 1 && image.elements[1].text == "Curves of 2 runs")
    #expect(image.texts("text").filter { $0 == "a<b>" }.count == 3)
    #expect(["Test accuracy", "Test loss", "Training loss"].allSatisfy(image.texts("text").contains))
    #expect(image.texts("mark1").contains("80.0%") && page.svg().contains("prefers-color-scheme:dark"))
  }
}
