import Foundation
import Synchronization
import Testing

@testable import DenseNetReports

@Suite struct TerminalPlotTests {
  private func curves(epochs: Int = 4, shown: Int = 4) -> LearningCurves {
    var curves = LearningCurves(epochs: epochs)
    for epoch in 0..<shown {
      for part in 1...5 {
        let x = Double(epoch) + Double(part) / 5
        curves.addTrain(epoch: x, loss: 2 / (1 + x), accuracy: x / (1 + x))
      }
      curves.addTest(epoch: epoch + 1, accuracy: 0.7)
    }
    return curves
  }

  @Test func drawsTheChaptersThreeLines() {
    let plot = TerminalPlot(unicode: false, colored: false).lines(curves(), width: 50, height: 14)
    #expect(
      plot == [
        "       o train loss 0.400   + train acc 0.800",
        "    2 |                                           ",
        "      |                                           ",
        "      |  o                                        ",
        "      |   oo                                      ",
        "      |     ooooo                                 ",
        "    1 |          oooo                             ",
        "      |              oooooo    +++++++++++++++++++",
        "      |           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "      |     +++++++                   oooooooooooo",
        "      |  +++                                      ",
        "    0 |                                           ",
        "      +-------------------------------------------",
        "       0                                  4 epochs",
      ])
  }

  @Test(arguments: [(true, false), (true, true), (false, true)])
  func fitsItsPlace(unicode: Bool, colored: Bool) {
    for (width, height) in [(28, 6), (80, 14), (300, 40)] {
      let plot = TerminalPlot(unicode: unicode, colored: colored).lines(curves(), width: width, height: height)
      #expect(plot.count == height)
      let bare = plot.map { $0.replacing(/\u{1b}\[\d+m/, with: "") }
      #expect(bare.allSatisfy { $0.count <= width }, "\(width)")
      #expect(plot.contains { $0.contains("\u{1b}[34m") } == colored)
      let braille = bare.joined().unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) }
      #expect(braille == unicode && plot.joined().allSatisfy { $0 == "\u{1b}" || $0.isASCII } == !unicode)
    }
  }

  @Test func showsNothingWithoutRoomOrPoints() {
    let plot = TerminalPlot(unicode: true, colored: false)
    #expect(plot.lines(curves(), width: 26, height: 14).isEmpty && plot.lines(curves(), width: 80, height: 5).isEmpty)
    #expect(plot.lines(LearningCurves(epochs: 3), width: 80, height: 14).isEmpty)
    #expect(plot.lines(curves(), width: -5, height: -5).isEmpty)
  }

  @Test(arguments: [Double.nan, .infinity, -1e300, 1e300, 0, 1e-300])
  func oddValuesAreNoHarm(value: Double) {
    var odd = curves(epochs: .max)
    for epoch in [0.5, -1, .nan, .infinity, 1e300] { odd.addTrain(epoch: epoch, loss: value, accuracy: value) }
    #expect(TerminalPlot(unicode: true, colored: false).lines(odd, width: 80, height: 14).count == 14)
  }

  /// The screen after what a progress bar wrote, as a terminal shows it.
  private func screen(_ text: String) -> [String] {
    var lines = [[Character]]()
    var (row, column) = (0, 0)
    var rest = Substring(text)
    func line() { while lines.count <= row { lines.append([]) } }
    line()
    while let first = rest.first {
      if let sequence = rest.prefixMatch(of: /\u{1b}\[(\d*)([AKJ])/) {
        switch sequence.output.2 {
        case "A": row = max(0, row - (Int(sequence.output.1) ?? 1))
        case "K": lines[row] = Array(lines[row].prefix(column))
        default:
          lines[row] = Array(lines[row].prefix(column))
          lines.removeSubrange((row + 1)...)
        }
        rest = rest[sequence.range.upperBound...]
        continue
      }
      rest.removeFirst()
      switch first {
      case "\r": column = 0
      case "\n": (row, column) = (row + 1, 0)
      default:
        while lines[row].count <= column { lines[row].append(" ") }
        lines[row][column] = first
        column += 1
      }
      line()
    }
    return lines.map { String($0).trimmingCharacters(in: .whitespaces) }
  }

  @Test func staysBelowTheProgress() {
    let text = Mutex("")
    let time = Mutex(0.0)
    let width = Mutex(60)
    let progress = ProgressBar(
      style: .live(unicode: false), width: { width.withLock { $0 } }, clock: { time.withLock { $0 } },
      sink: { piece in text.withLock { $0 += piece } })
    func shown() -> [String] { screen(text.withLock { $0 }).filter { !$0.isEmpty } }
    progress.begin("epoch 1", total: 100)
    progress.show(below: ["a plot", "of two lines"], width: 60)
    #expect(shown().count == 3 && shown()[0].hasPrefix("epoch 1") && shown().suffix(2) == ["a plot", "of two lines"])
    time.withLock { $0 = 1 }
    progress.update(completed: 50)
    #expect(shown().count == 3 && shown()[0].contains("50%"))
    progress.note("a note")
    #expect(shown().count == 4 && shown()[0] == "a note" && shown()[3] == "of two lines")
    progress.show(below: ["another"], width: 60)
    #expect(shown().count == 3 && shown()[2] == "another")
    progress.finish("epoch 1 done")
    #expect(shown() == ["a note", "epoch 1 done"])
    width.withLock { $0 = 50 }
    progress.begin("epoch 2", total: 100)
    #expect(shown().count == 3 && shown()[2].hasPrefix("epoch 2"), "the terminal has become narrow")
    progress.close()
    #expect(shown() == ["a note", "epoch 1 done", "another"])
  }

  @Test(arguments: [ProgressBar.Style.plain, .silent])
  func isOnTerminalsOnly(style: ProgressBar.Style) {
    let text = Mutex("")
    let progress = ProgressBar(style: style, sink: { piece in text.withLock { $0 += piece } })
    progress.begin("epoch 1", total: 100)
    progress.show(below: ["a plot"], width: 10)
    progress.close()
    #expect(text.withLock { $0 } == "")
  }
}
