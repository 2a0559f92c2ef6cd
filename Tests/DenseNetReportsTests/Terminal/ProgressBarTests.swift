import DenseNetReports
import Synchronization
import Testing

/// A clock that stands still until it is told otherwise, and everything that was written.
private final class Fake: Sendable {
  private let state = Mutex((time: 1000.0, text: ""))

  func advance(_ seconds: Double) { state.withLock { $0.time += seconds } }
  func clock() -> Double { state.withLock { $0.time } }
  func write(_ text: String) { state.withLock { $0.text += text } }
  /// What was written since the last call.
  func take() -> String {
    state.withLock { state in
      defer { state.text = "" }
      return state.text
    }
  }

  func bar(_ style: ProgressBar.Style, plannedWork: Int? = nil, width: Int = 100) -> ProgressBar {
    ProgressBar(
      style: style, plannedWork: plannedWork, width: { width }, clock: { self.clock() }, sink: { self.write($0) })
  }
}

@Suite struct ProgressBarTests {
  @Test func aTerminalGetsOneLineThatIsDrawnAgain() {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: false), plannedWork: 2000)
    progress.begin("epoch 1/2", total: 1000)
    #expect(fake.take() == "\repoch 1/2  [............................]    0%\u{1b}[K")
    fake.advance(5)
    progress.update(completed: 500, detail: "loss 1.204  acc 0.553")
    #expect(
      fake.take()
        == "\repoch 1/2  [##############..............]   50%  100.0 ex/s  ETA 0:15  loss 1.204  acc 0.553\u{1b}[K")
    fake.advance(0.05)
    progress.update(completed: 505)
    #expect(fake.take() == "")
    fake.advance(4.95)
    progress.update(completed: 1000)
    #expect(
      fake.take()
        == "\repoch 1/2  [############################]  100%  100.0 ex/s  ETA 0:10  loss 1.204  acc 0.553\u{1b}[K")
    progress.begin("testing", total: 300, countsAsWork: false)
    #expect(fake.take() == "\rtesting  [............................]    0%  ETA 0:10\u{1b}[K")
    fake.advance(1)
    progress.update(completed: 300)
    #expect(
      fake.take()
        == "\rtesting  [############################]  100%  300.0 ex/s  ETA 0:11\u{1b}[K")
    progress.note("a warning")
    #expect(
      fake.take()
        == "\r\u{1b}[Ka warning\n\rtesting  [############################]  100%  300.0 ex/s  ETA 0:11\u{1b}[K")
    progress.finish("epoch 1/2  loss 0.538, train acc 0.811, test acc 0.791")
    #expect(fake.take() == "\r\u{1b}[Kepoch 1/2  loss 0.538, train acc 0.811, test acc 0.791\n")
    progress.finish()
    #expect(fake.take() == "")
  }

  @Test(arguments: [(0, 0, ""), (5, 0, "▋"), (84, 10, "▌"), (239, 29, "▉"), (240, 30, "")])
  func blocksFillByEighths(completed: Int, full: Int, partial: String) {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: true))
    progress.begin("x", total: 240)
    fake.advance(1)
    progress.update(completed: completed)
    let empty = String(repeating: "░", count: 30 - full - partial.count)
    let bar = String(repeating: "█", count: full) + partial + empty
    #expect(fake.take().split(separator: "\r").last?.hasPrefix("x  \(bar)  ") == true)
  }

  /// Stages whose units are not all the same work.
  @Test func theRemainingTimeCountsWhatUnitsCost() {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: false), plannedWork: 2500)
    progress.begin("small", total: 2000, cost: 0.25)
    fake.advance(5)
    progress.update(completed: 2000)
    #expect(fake.take().contains("400.0 ex/s  ETA 0:20"))
    progress.begin("large", total: 2000, completed: 1000)
    fake.advance(5)
    progress.update(completed: 1500)
    #expect(fake.take().contains("100.0 ex/s  ETA 0:05"))
  }

  @Test func eightyColumnsHaveRoomForEverything() {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: false), plannedWork: 600_000, width: 80)
    progress.begin("epoch 10/10", total: 60_000)
    fake.advance(500)
    progress.update(completed: 60_000, detail: "loss 0.257  acc 0.906")
    #expect(
      fake.take().split(separator: "\r").last
        == "epoch 10/10  [##########]  100%  120.0 ex/s  ETA 1:15:00  loss 0.257  acc 0.906\u{1b}[K")
  }

  @Test(arguments: 0..<120) func neverWraps(width: Int) {
    let fake = Fake()
    for unicode in [true, false] {
      let progress = fake.bar(.live(unicode: unicode), width: width)
      progress.begin("epoch 10/10", total: 60_000)
      fake.advance(100)
      progress.update(completed: 20_000, detail: "loss 0.257  acc 0.906")
      for line in fake.take().split(separator: "\r") {
        #expect(line.dropLast(3).count <= max(width - 1, 6), "\(line)")
      }
      progress.finish()
      _ = fake.take()
    }
  }

  @Test func elsewhereThereIsALineEveryTenSeconds() {
    let fake = Fake()
    let progress = fake.bar(.plain)
    progress.begin("epoch 1/1", total: 60_000)
    for second in 1...25 {
      fake.advance(1)
      progress.update(completed: 100 * second, detail: "loss 0.5")
    }
    #expect(
      fake.take() == """
        epoch 1/1    1%  100.0 examples/s  ETA 9:50  loss 0.5
        epoch 1/1    3%  100.0 examples/s  ETA 9:40  loss 0.5

        """)
    progress.finish("epoch 1/1  loss 0.5")
    #expect(fake.take() == "epoch 1/1  loss 0.5\n")
  }

  @Test func silenceIsSilent() {
    let fake = Fake()
    let progress = fake.bar(.silent)
    progress.begin("epoch 1/1", total: 10)
    fake.advance(100)
    progress.update(completed: 10)
    progress.note("a warning")
    progress.finish("done")
    #expect(fake.take() == "")
    #expect(ProgressBar.Style.automatic(quiet: true) == .silent)
  }

  @Test func theRateFollowsTheLastTenSeconds() {
    let fake = Fake()
    let progress = fake.bar(.plain)
    progress.begin("x", total: 0, unit: .bytes)
    var completed = 0
    for second in 1...60 {
      fake.advance(1)
      completed += second <= 30 ? 1 << 20 : 3 << 20
      progress.update(completed: completed)
    }
    #expect(fake.take().split(separator: "\n").last == "x  120 MiB  3.0 MiB/s")
  }

  @Test func updatesOutsideAStageAndOddNumbersAreHarmless() {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: false), plannedWork: 0)
    progress.update(completed: 3)
    progress.begin("x", total: 10)
    fake.advance(1)
    progress.update(completed: 25)
    fake.advance(1)
    progress.update(completed: -5)
    progress.begin("y", total: -1)
    fake.advance(-5)
    progress.update(completed: 1)
    #expect(fake.take().contains("100%"))
  }

  @Test func theSystemClockGoesForward() {
    let first = ProgressBar.systemClock()
    #expect(ProgressBar.systemClock() >= first)
    #expect(Terminal.width > 0)
  }

  /// Most terminals wrap a line anew when they become narrower: its pieces have to go, whatever comes next.
  @Test(arguments: [(80, 40, 1), (80, 30, 2), (80, 79, 0), (80, 120, 0)])
  func leavesNoPiecesInANarrowerTerminal(before: Int, after: Int, rows: Int) {
    for next in 0..<3 {
      let fake = Fake()
      let size = Mutex(before)
      let progress = ProgressBar(
        style: .live(unicode: false), width: { size.withLock { $0 } }, clock: { fake.clock() }, sink: { fake.write($0) }
      )
      progress.begin("epoch 1/2", total: 1000)
      fake.advance(1)
      progress.update(completed: 500, detail: "loss 1.204  acc 0.553")
      _ = fake.take()
      size.withLock { $0 = after }
      fake.advance(1)
      switch next {
      case 0: progress.update(completed: 600)
      case 1: progress.note("a warning")
      default: progress.finish("done")
      }
      let text = fake.take()
      #expect(text.hasPrefix(rows > 0 ? "\u{1b}[\(rows)A\r\u{1b}[J" : "\r"), "\(text)")
      #expect(text.contains("\u{1b}[\(rows)A") == (rows > 0))
    }
  }

  @Test func showsNoControlCharacters() {
    let fake = Fake()
    let progress = fake.bar(.live(unicode: false), width: 80)
    progress.begin("a\u{1b}[31mb", total: 10)
    progress.note("c\u{7}\u{9b}31m")
    progress.finish("d\u{202e}")
    let text = fake.take()
    #expect(text.contains("a\\u{1b}[31mb") && text.contains("c\\u{7}\\u{9b}31m\n") && text.contains("d\\u{202e}\n"))
    #expect(text.unicodeScalars.filter { $0 == "\u{1b}" }.count == text.matches(of: /\u{1b}\[K/).count)
  }
}
