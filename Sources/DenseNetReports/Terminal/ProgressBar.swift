import DenseNets
import Synchronization

/// The progress of long work on standard error: a line that is redrawn in place on a terminal, plain lines elsewhere.
///
/// ```swift
/// let progress = ProgressBar(style: .automatic(quiet: false), plannedWork: epochs * examples)
/// for epoch in 1...epochs {
///   progress.begin("epoch \(epoch)/\(epochs)", total: examples)
///   // after each batch
///   progress.update(completed: seen, detail: "loss 0.257  acc 0.906")
///   progress.begin("testing", total: testExamples, countsAsWork: false)
///   …
///   progress.finish("epoch \(epoch)/\(epochs)  loss 0.257, train acc 0.906, test acc 0.872")
/// }
/// ```
/// It may be used from any thread. Nothing about the work depends on it.
public final class ProgressBar: Sendable {
  /// How progress is shown.
  public enum Style: Sendable, Equatable {
    /// A line that is redrawn up to ten times a second.
    case live(unicode: Bool)
    /// A line at most every ten seconds.
    case plain
    /// Nothing at all, results of stages included.
    case silent

    /// The style that suits standard error.
    public static func automatic(quiet: Bool = false) -> Style {
      quiet ? .silent : Terminal.isInteractive ? .live(unicode: Terminal.showsUnicode) : .plain
    }
  }

  /// What a stage counts.
  public enum Unit: Sendable {
    /// Shown as `121.8 examples/s`, or `ex/s` beside a bar.
    case examples
    /// Shown as `3.1 MiB/s`.
    case bytes
  }

  private let style: Style
  private let width: @Sendable () -> Int
  private let clock: @Sendable () -> Double
  private let sink: @Sendable (String) -> Void
  private let state: Mutex<ProgressState>

  /// - Parameters:
  ///   - plannedWork: all work of the run, over all stages that count, in their unit times its cost; the remaining time is then that
  ///     of the run instead of the stage.
  ///   - width: characters in a line, requested each time the line is drawn.
  ///   - clock: seconds since any moment, never going back.
  ///   - sink: receives what is to be written.
  public init(
    style: Style, plannedWork: Int? = nil, width: @escaping @Sendable () -> Int = { Terminal.width },
    clock: @escaping @Sendable () -> Double = ProgressBar.systemClock,
    sink: @escaping @Sendable (String) -> Void = Terminal.writeToStandardError
  ) {
    self.style = style
    self.width = width
    self.clock = clock
    self.sink = sink
    state = Mutex(ProgressState(plannedWork: plannedWork, start: clock()))
  }

  /// Seconds of the system's monotonic clock.
  @Sendable public static func systemClock() -> Double {
    let elapsed = clockOrigin.duration(to: .now)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  /// Begins a stage such as an epoch, an evaluation or a download.
  /// - Parameters:
  ///   - total: what there is to do, or 0 where that is not known.
  ///   - completed: what of it was done before.
  ///   - countsAsWork: whether the stage is a part of the planned work.
  ///   - cost: what each of its units is of that work.
  public func begin(
    _ label: String, total: Int, completed: Int = 0, unit: Unit = .examples, countsAsWork: Bool = true,
    cost: Double = 1
  ) {
    state.withLock { state in
      state.begin(
        printable(label), total: total, completed: completed, unit: unit, cost: countsAsWork ? cost : 0, now: clock())
      if case .live = style { draw(&state) }
    }
  }

  /// Updates the stage, and redraws when it is time to.
  /// - Parameters:
  ///   - completed: what is done of the stage's total.
  ///   - detail: what follows on the line, such as loss and accuracy; nil keeps what was there.
  public func update(completed: Int, detail: String? = nil) {
    state.withLock { state in
      let now = clock()
      state.update(completed: completed, detail: detail, now: now)
      switch style {
      case .live where now - state.lastDrawn >= 0.1: draw(&state)
      case .plain where now - state.lastDrawn >= 10:
        state.lastDrawn = now
        sink(state.line(width: .max, now: now, bar: nil) + "\n")
      default: break
      }
    }
  }

  /// Ends the stage, and leaves one line behind where there is something to say.
  public func finish(_ result: String? = nil) {
    state.withLock { state in
      state.end(now: clock())
      erase(&state)
      if let result, style != .silent { sink(printable(result) + "\n") }
    }
  }

  /// Writes a line above the progress, such as a warning. Shown in every style but `.silent`.
  public func note(_ text: String) {
    state.withLock { state in
      let wasShown = state.isShown
      erase(&state)
      if style != .silent { sink(printable(text) + "\n") }
      if wasShown { draw(&state) }
    }
  }

  /// Shows lines below the progress, such as a plot, in place of those before; on a terminal only, and only while it is
  /// as wide as when they were made.
  /// - Parameter width: characters of a line that they were made for.
  public func show(below lines: [String], width: Int) {
    guard case .live = style else { return }
    state.withLock { state in
      let wasShown = state.isShown
      erase(&state)
      (state.panel, state.panelWidth) = (lines, width)
      if wasShown { draw(&state) }
    }
  }

  /// Ends the stage, and leaves the lines below the progress where they are, for good.
  public func close() {
    state.withLock { state in
      state.end(now: clock())
      erase(&state)
      if !state.panel.isEmpty { sink(state.panel.joined(separator: "\n") + "\n") }
      state.panel = []
    }
  }

  private func draw(_ state: inout ProgressState) {
    guard case .live(let unicode) = style else { return }
    let now = clock()
    state.lastDrawn = now
    let columns = width()
    // The last column stays free: a terminal that wraps there could not draw the line again.
    let line = state.line(width: columns - 1, now: now, bar: unicode ? .blocks : .ascii)
    var text = wrapped(&state, columns) + "\r" + line + "\u{1b}[K"
    (state.drawnColumns, state.terminalColumns) = (DisplayWidth.columns(line), columns)
    if !state.isShown, !state.panel.isEmpty, columns >= state.panelWidth {
      text += state.panel.map { "\n" + $0 + "\u{1b}[K" }.joined() + "\u{1b}[\(state.panel.count)A\r"
      state.drawnColumns = 0
    }
    state.isShown = true
    sink(text)
  }

  private func erase(_ state: inout ProgressState) {
    guard state.isShown else { return }
    let beginning = wrapped(&state, width())
    state.isShown = false
    sink(beginning + (state.panel.isEmpty ? "\r\u{1b}[K" : "\r\u{1b}[J"))
  }

  /// A terminal that has become narrower has wrapped the line: what leads back to its beginning, and removes the rest of
  /// it; nothing where the line is still one.
  private func wrapped(_ state: inout ProgressState, _ columns: Int) -> String {
    guard state.isShown, columns > 0, columns < state.terminalColumns, state.drawnColumns > columns else { return "" }
    // What lies below was wrapped too, and is drawn again where it fits.
    state.isShown = false
    return "\u{1b}[\((state.drawnColumns - 1) / columns)A\r\u{1b}[J"
  }
}

private let clockOrigin = ContinuousClock.now
