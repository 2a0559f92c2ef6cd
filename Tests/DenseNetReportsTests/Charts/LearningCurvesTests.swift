import Foundation
import Testing

@testable import DenseNetReports

private func curves(epochs: Int, shown: Int? = nil, title: String? = "d2l", loss: (Double) -> Double = { 1 / (1 + $0) })
  -> LearningCurves
{
  var curves = LearningCurves(epochs: epochs, title: title)
  for epoch in 0..<(shown ?? epochs) {
    for part in 1...5 {
      let x = Double(epoch) + Double(part) / 5
      curves.addTrain(epoch: x, loss: loss(x), accuracy: x / (1 + x))
    }
    curves.addTest(epoch: epoch + 1, accuracy: 0.9 * Double(epoch + 1) / Double(epoch + 2))
  }
  return curves
}

@Suite struct LearningCurvesTests {
  @Test(arguments: [LearningCurves.Theme.automatic, .light, .dark])
  func isWellFormedAndAccessible(theme: LearningCurves.Theme) throws {
    var ten = curves(epochs: 10)
    ten.title = "a <b> & \"c\"\u{1}"
    let svg = ten.svg(theme: theme)
    let document = try #require(Markup(svg))
    #expect(document.elements[0].name == "svg" && document.elements[0].attributes["role"] == "img")
    #expect(document.elements[1].name == "title" && document.elements[1].text == "a <b> & \"c\" ")
    #expect(document.elements[2].name == "desc")
    #expect(
      document.elements[2].text
        == "Train loss, train accuracy and test accuracy against epochs, up to 10. "
        + "At the end: train loss 0.091, train acc 0.909, test acc 0.818.")
    #expect(svg.contains("prefers-color-scheme:dark") == (theme == .automatic))
    #expect(svg.contains(theme == .dark ? "fill=\"#0d1117\"" : "fill=\"#ffffff\""))
    #expect(svg == ten.svg(theme: theme))
  }

  @Test func showsTheChaptersThreeLines() throws {
    let document = try #require(Markup(curves(epochs: 10).svg()))
    let texts = document.texts()
    for expected in ["train loss", "train acc", "test acc", "epoch", "loss, accuracy", "d2l"] {
      #expect(texts.contains(expected), "\(expected)")
    }
    #expect(["mark0", "mark1", "mark2"].flatMap { document.texts($0) } == ["0.091", "0.909", "0.818"])
    #expect(document.texts("faint") == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"] + (1...10).map(String.init))
    for line in 0..<3 { #expect(document.paths("line\(line)").count == 2, "legend and curve") }
    #expect(document.elements.filter { $0.name == "circle" }.count == 10)
    let dashes = document.elements.filter { $0.attributes["class"]?.hasPrefix("line") == true }
      .map { $0.attributes["stroke-dasharray"] }
    #expect(Set(dashes).count == 3)
  }

  @Test func beginsAtTheFirstEpochsEnd() throws {
    let document = try #require(Markup(curves(epochs: 10, loss: { $0 < 1 ? 1e6 : 0.5 }).svg()))
    // 46 points from 1 to 10, and the steep fall before them does not stretch the axis.
    #expect(document.paths("line0").last?.split(separator: "L").count == 46)
    #expect(document.texts().contains("1.0") && !document.texts().contains("1e+06"))
  }

  @Test(arguments: [1, 2]) func shortRunsAreShownFromZero(epochs: Int) throws {
    let document = try #require(Markup(curves(epochs: epochs).svg()))
    #expect(document.paths("line0").last?.split(separator: "L").count == 5 * epochs)
    #expect(document.texts("faint").contains("0.2"))
  }

  @Test func noPointsAndOnePoint() throws {
    let empty = try #require(Markup(LearningCurves(epochs: 10).svg()))
    #expect(empty.texts().contains("no data yet"))
    #expect(empty.elements[1].text == "Learning curves")
    var one = LearningCurves(epochs: 1)
    one.addTrain(epoch: 1, loss: 0.5, accuracy: 0.75)
    let document = try #require(Markup(one.svg()))
    #expect(document.elements.filter { $0.name == "circle" }.count == 2)
    #expect(document.texts("mark0") == ["0.500"] && document.texts("mark2") == [])
  }

  @Test func whatIsNotFiniteIsAGap() throws {
    var diverged = curves(epochs: 4)
    diverged.trainLoss[8].value = .infinity
    diverged.trainLoss[10].value = .nan
    for i in 15..<20 { diverged.trainLoss[i].value = .nan }
    let document = try #require(Markup(diverged.svg()))
    let curve = try #require(document.paths("line0").last)
    #expect(curve.split(separator: "M").count == 2)
    #expect(document.elements.filter { $0.attributes["class"] == "mark0" && $0.name == "circle" }.count == 1)
    #expect(document.texts("mark0") == ["NaN"])
    #expect(!curve.lowercased().contains("n"))
  }

  @Test(arguments: [2.6, 7, 12_345, 1e6, 1e20, 1e300, .greatestFiniteMagnitude])
  func largeLossesGetAnAxisOfTheirOwn(greatest: Double) throws {
    let document = try #require(Markup(curves(epochs: 5, loss: { $0 == 2 ? greatest : greatest / 2 }).svg()))
    #expect(document.texts().contains("loss") && document.texts().contains("accuracy"))
    #expect(document.coordinates.allSatisfy { $0 >= -90 && $0 <= 720 })
  }

  @Test(arguments: [0, 1e-300, 1e-9, -1e300, -5, .nan, .infinity])
  func oddLossesStayInTheImage(loss: Double) throws {
    for epochs in [1, 3, 100] {
      let document = try #require(Markup(curves(epochs: epochs, loss: { _ in loss }).svg()))
      #expect(document.coordinates.allSatisfy { $0 >= -90 && $0 <= 720 })
    }
  }

  @Test func aHundredEpochsHaveFewTicks() throws {
    let document = try #require(Markup(curves(epochs: 100).svg()))
    #expect(document.texts("faint").suffix(10) == (1...10).map { "\($0 * 10)" })
    #expect(document.elements.allSatisfy { $0.name != "circle" })
  }

  @Test func oddEpochsAreNoHarm() throws {
    var odd = LearningCurves(epochs: -3)
    for epoch in [-1, 0, .nan, .infinity, 1e300, 2] { odd.addTrain(epoch: epoch, loss: 1, accuracy: 0.5) }
    #expect(Markup(odd.svg()) != nil)
    #expect(Markup(LearningCurves(epochs: .max).svg()) != nil)
  }

  @Test func finalValuesDoNotOverlap() throws {
    var close = LearningCurves(epochs: 3)
    for epoch in [1.0, 2, 3] {
      close.addTrain(epoch: epoch, loss: 0.001, accuracy: 0.002)
      close.addTest(epoch: Int(epoch), accuracy: 0.003)
    }
    let document = try #require(Markup(close.svg()))
    let heights = document.elements.filter { $0.name == "text" && $0.attributes["class"]?.hasPrefix("mark") == true }
      .compactMap { $0.attributes["y"].flatMap { Double($0) } }.sorted()
    #expect(heights.count == 3)
    for (upper, lower) in zip(heights, heights.dropFirst()) { #expect(lower - upper >= 16.9) }
  }
}

@Suite struct AxisScaleTests {
  @Test(arguments: [
    (0.0, 0.95, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0, 2.3, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
    (0, 0.03, ["0.00", "0.01", "0.02", "0.03"]), (-0.4, 1, ["-0.5", "0.0", "0.5", "1.0"]),
    (0, 7.2, ["0", "2", "4", "6", "8"]), (0, 2e6, ["0", "5e+05", "1e+06", "1.5e+06", "2e+06"]),
  ])
  func ticksAreRoundNumbers(least: Double, greatest: Double, labels: [String]) {
    let scale = AxisScale(covering: [least, greatest], ticks: 5, including: 0...0)
    #expect(scale.ticks.map { scale.label($0) } == labels)
  }
}
