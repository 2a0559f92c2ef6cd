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
