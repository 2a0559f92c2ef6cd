import DenseNets
import Foundation
import Testing

@testable import DenseNetReports

/// Predictions of which each class's first example is taken for the next class, and the others for their own.
func predictions(classes: Int, each count: Int) -> [Prediction] {
  (0..<classes * count).map { index in
    let label = index / count
    let predicted = index % count == 0 ? (label + 1) % classes : label
    return Prediction(
      index: index, label: label, predicted: predicted, confidence: 0.5 + 0.4 * Double(index) / Double(classes * count),
      labelProbability: predicted == label ? 0.9 : 0.1, labelRank: predicted == label ? 1 : 2)
  }
}

@Suite struct ReportPageTests {
  private let odd = "<b>&\"'é漢"

  private func evaluation(classes: Int) -> Evaluation {
    Evaluation(
      predictions(classes: classes, each: 4), classNames: (0..<classes).map { $0 == 1 ? odd : "class \($0)" })
  }

  private func page(classes: Int = 10) -> ReportPage {
    var page = ReportPage(title: "d2l on \(odd)")
    page.facts = ["run \(odd)"]
    page.results = .init(
      trainLoss: 0.25, trainAccuracy: 0.9, testLoss: 0.5, testAccuracy: 0.75, examplesPerSecond: 1234.5, seconds: 61,
      peakMemoryBytes: 1 << 30, parameters: 758_226)
    var curves = RunCurves(epochs: 2)
    for epoch in [0.5, 1, 1.5, 2] {
      curves.trainLoss.append(.init(epoch: epoch, value: 1 / epoch))
      curves.trainAccuracy.append(.init(epoch: epoch, value: epoch / 3))
      curves.learningRate.append(.init(epoch: epoch, value: 0.1))
    }
    for epoch in [1.0, 2] {
      curves.testLoss.append(.init(epoch: epoch, value: 0.5))
      curves.testAccuracy.append(.init(epoch: epoch, value: 0.75))
      curves.examplesPerSecond.append(.init(epoch: epoch, value: 1234.5))
      curves.waitingShare.append(.init(epoch: epoch, value: 0))
    }
    page.curves = curves
    page.evaluation = evaluation(classes: classes)
    page.images = [4: [1, 2, 3], 36: [4, 5, 6]]
    page.settings = [("lr", "0.1"), (odd, odd)]
    page.environment = [("processor", odd)]
    return page
  }

  private func headings(_ page: Markup) -> [String] { (page.all("h2") + page.all("h3")).map(\.text) }

  @Test func holdsEverything() throws {
    let html = page().html()
    let markup = try #require(Markup(page: html))
    #expect(
      headings(markup) == [
        "Learning curves", "Schedule and speed", "Confusion matrix", "Classes", "Most confident mistakes",
        "Calibration",
        "How it was made", "Loss", "Accuracy", "Learning rate", "Examples per second", "Time waiting for images",
        "Most confused", "Settings", "Environment",
      ])
    #expect(html == page().html())
    #expect(markup.all("h1").map(\.text) == ["d2l on \(odd)"])
  }

  @Test func needsNoOtherFileAndNoScript() {
    let html = page().html()
    let foreign = html.replacing("http://www.w3.org/2000/svg", with: "")
    for word in ["http:", "https:", "<script", "<link", "url(", "@import", "onload", "onerror", "javascript:"] {
      #expect(!foreign.contains(word), "\(word)")
    }
  }

  @Test func textsAreEscaped() throws {
    let html = page().html()
    #expect(!html.contains("<b>&") && html.contains("&lt;b&gt;&amp;&quot;'é漢"))
    let markup = try #require(Markup(page: html))
    #expect(markup.all("th").contains { $0.text == odd } && markup.all("td").contains { $0.text == odd })
    #expect(markup.all("title").map(\.text).contains("d2l on \(odd)"))
    #expect(markup.all("img").allSatisfy { $0.attributes["alt"]?.contains("taken for") == true })
  }

  @Test func isAccessible() throws {
    let markup = try #require(Markup(page: page().html()))
    #expect(markup.all("html").first?.attributes["lang"] == "en")
    let charts = markup.all("svg")
    #expect(charts.count == 6 && charts.allSatisfy { $0.attributes["role"] == "img" })
    #expect(markup.all("title").count == 7 && markup.all("desc").count == 6)
    #expect(markup.all("desc").allSatisfy { $0.text.hasSuffix(".") })
    let boxes = markup.all("div").filter { $0.attributes["class"] == "scroll" }
    #expect(boxes.count == markup.all("table").count)
    #expect(boxes.allSatisfy { $0.attributes["tabindex"] == "0" && $0.attributes["aria-label"] != nil })
    #expect(markup.all("th").allSatisfy { ["row", "col"].contains($0.attributes["scope"]) })
  }

  @Test func partsWithoutDataAreLeftOut() throws {
    #expect(headings(try #require(Markup(page: ReportPage(title: "empty").html()))) == [])
    var interrupted = page()
    (interrupted.results, interrupted.evaluation, interrupted.environment) = (nil, nil, [])
    interrupted.curves?.learningRate = []
    interrupted.curves?.waitingShare = []
    #expect(
      headings(try #require(Markup(page: interrupted.html()))) == [
        "Learning curves", "Schedule and speed", "How it was made", "Loss", "Accuracy", "Examples per second",
        "Settings",
      ])
    var without = page()
    without.images = [:]
    without.evaluation = Evaluation([], classNames: ["a", "b"])
    #expect(!headings(try #require(Markup(page: without.html()))).contains("Confusion matrix"))
  }

  @Test func theHeadlineHasAnInterval() throws {
    // Half of 100: Wilson's interval is 40.4% to 59.6%.
    var page = page()
    page.evaluation = Evaluation(
      (0..<100).map {
        Prediction(
          index: $0, label: 0, predicted: $0 % 2, confidence: 0.8, labelProbability: 0.5, labelRank: 1 + $0 % 2)
      }, classNames: ["a", "b"])
    let markup = try #require(Markup(page: page.html()))
    let values = markup.all("dd").map(\.text)
    #expect(values.contains("loss 0.500 · 95% interval 40.4% to 59.6% · 100 images"))
    #expect(
      values.contains("75.0%") && values.contains("1,235") && values.contains("1:01") && values.contains("1.0 GiB"))
    #expect(!markup.all("dt").map(\.text).contains("Top-5 accuracy"), "of two classes")
  }

  /// The best is what the results say of its weights, whatever the curves have.
  @Test func theBestIsThatOfTheResults() throws {
    var page = page()
    page.results?.bestTestAccuracy = 0.701
    page.results?.bestEpoch = 1
    var markup = try #require(Markup(page: page.html()))
    #expect(
      markup.all("dd").map(\.text).contains("70.1%") && markup.all("dt").map(\.text).contains("Best test accuracy"))
    page.results?.validationAccuracy = 0.8
    page.results?.bestValidationAccuracy = 0.812
    markup = try #require(Markup(page: page.html()))
    let texts = markup.all("dd").map(\.text)
    #expect(texts.contains("81.2%") && texts.contains("after epoch 1; test accuracy of its weights 70.1%"))
  }

  /// Mean AUROC chooses the epoch of several labels: it comes first, and no accuracy stands for it.
  @Test func severalLabelsAreSummedUpByAUROC() throws {
    var page = page()
    page.evaluation = nil
    page.labels = MultiLabelEvaluation(
      labelNames: ["a", "b"], probabilities: [0.9, 0.2, 0.4, 0.7], values: [1, 0, 0, 1])
    page.results?.validationAccuracy = 0.8
    page.results?.validationMeanAUROC = 0.811
    page.results?.bestValidationMeanAUROC = 0.822
    page.results?.meanAUROC = 1
    page.results?.bestMeanAUROC = 0.833
    page.results?.bestEpoch = 2
    // An attribute without a value is no XML.
    let markup = try #require(Markup(page: page.html().replacing("<details open>", with: "<details>")))
    let (names, texts) = (markup.all("dt").map(\.text), markup.all("dd").map(\.text))
    #expect(
      names.prefix(6) == [
        "Test mean AUROC", "Mean average precision", "Validation mean AUROC", "Best validation mean AUROC",
        "Test accuracy", "Training accuracy",
      ])
    #expect(texts.contains("0.811") && texts.contains("0.822"))
    #expect(texts.contains("after epoch 2; test mean AUROC of its weights 0.833"))
    #expect(texts.contains("loss 0.500 · of known labels, at 0.5"))
  }

  @Test func lossesThatDifferAreToldApart() throws {
    var page = page()
    func notes() throws -> [String] { try #require(Markup(page: page.html())).all("p").map(\.text) }
    #expect(try !notes().contains { $0.contains("not comparable") })
    page.curves?.trainLossTerms = ["class weights", "label smoothing 0.1", "mixup 0.2"]
    let note =
      "The training loss includes class weights, label smoothing 0.1 and mixup 0.2; the test loss is the plain "
    #expect(try notes().contains(note + "cross-entropy, so the two are not comparable."))
  }

  @Test func fewClassesHaveATable() throws {
    let markup = try #require(Markup(page: page().html()))
    let cells = markup.all("td").filter { ["right", "wrong", "zero"].contains($0.attributes["class"]) }
    #expect(cells.map { Int($0.text) } == page().evaluation?.confusion.counts)
    #expect(cells[0].attributes["style"] == "--heat:44%" && cells[1].attributes["style"] == "--heat:29%")
  }

  /// A long name pushed the numbers of every table off the screen.
  @Test func longNamesAreCut() throws {
    let names = [String(repeating: "a", count: 200), String(repeating: "漢字", count: 60), "esc\u{1b}[31m", "plain"]
    var page = page()
    page.evaluation = Evaluation(predictions(classes: 4, each: 4), classNames: names)
    page.images = [0: [1], 4: [2]]
    let markup = try #require(Markup(page: page.html()))
    let cut = markup.all("span").filter { $0.attributes["title"] != nil }
    #expect(Set(cut.compactMap { $0.attributes["title"] }) == [names[0], names[1]])
    #expect(cut.allSatisfy { $0.text.hasSuffix("…") && DisplayWidth.columns($0.text) <= 40 })
    let heads = markup.all("th").map(\.text)
    #expect(heads.allSatisfy { DisplayWidth.columns($0) <= 40 } && heads.contains("esc\\u{1b}[31m"))
    #expect(markup.all("img").allSatisfy { ($0.attributes["alt"] ?? "").count < 200 })
  }

  @Test func onePointHasNoChart() throws {
    var page = page()
    page.curves?.examplesPerSecond.removeLast()
    page.curves?.waitingShare.removeLast()
    let markup = try #require(Markup(page: page.html()))
    #expect(headings(markup).contains("Learning rate") && !headings(markup).contains("Examples per second"))
    #expect(!headings(markup).contains("Time waiting for images"))
    #expect(headings(markup).contains("Measured once") && markup.all("td").contains { $0.text == "1,235" })
    #expect(markup.all("div").allSatisfy { $0.attributes["class"] != "columns three" })
  }

  @Test func threeChartsShareARow() throws {
    let markup = try #require(Markup(page: page().html()))
    #expect(markup.all("div").count { $0.attributes["class"] == "columns three" } == 1)
  }

  @Test(arguments: [21, 100, 200]) func manyClassesHaveAMap(classes: Int) throws {
    let markup = try #require(Markup(page: page(classes: classes).html()))
    #expect(markup.all("td").allSatisfy { $0.attributes["class"] != "wrong" })
    // A cell of its own for each class, and one for the class that it is taken for.
    for style in ["right", "wrong"] {
      #expect(markup.paths(style).joined().split(separator: "M").count == classes)
    }
    #expect(markup.paths("wrong").joined().contains("M0 \(classes - 1)h1v1h-1z"))
    #expect(
      markup.all("summary").map(\.text).filter { !$0.isEmpty } == (classes > 30 ? ["\(classes - 30) more classes"] : [])
    )
  }

  @Test func verManyClassesHaveTheirWorstPairs() throws {
    let markup = try #require(Markup(page: page(classes: 201).html()))
    #expect(markup.paths("right").isEmpty && headings(markup).contains("Most confused"))
    #expect(markup.all("tr").filter { $0.name == "tr" }.count > 20)
  }

  @Test func mistakesAreShownAsImages() throws {
    let images = try #require(Markup(page: page().html())).all("img")
    // The more confident first.
    #expect(images.map { $0.attributes["src"] } == ["data:image/png;base64,BAUG", "data:image/png;base64,AQID"])
    #expect(images[1].attributes["alt"] == "image 4: \(odd), taken for class 2")
  }

  @Test func oddNumbersAreNoHarm() throws {
    var page = page()
    for value in [Double.nan, .infinity, -1e300, 1e300, 0] {
      page.results?.testAccuracy = value
      page.results?.seconds = value
      for path in [\RunCurves.trainLoss, \.testAccuracy, \.learningRate, \.waitingShare, \.examplesPerSecond] {
        page.curves?[keyPath: path].append(.init(epoch: 2, value: value))
        page.curves?[keyPath: path].append(.init(epoch: value, value: 1))
      }
      let markup = try #require(Markup(page: page.html()))
      #expect(markup.coordinates.allSatisfy { $0 >= -1 && $0 <= 600 })
    }
  }
}
