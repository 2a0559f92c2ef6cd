/// How far the work has come, and the line that shows it.
struct ProgressState {
  enum Bar {
    case blocks
    case ascii
  }

  private struct Stage {
    var label: String
    var total: Int
    var unit: ProgressBar.Unit
    /// What a unit is of the planned work.
    var cost: Double
    var start: Double
    var completed = 0
    var detail = ""
    /// Recent moments and what was completed then, oldest first.
    var samples: [(time: Double, completed: Int)]
  }

  private let plannedWork: Int?
  private let start: Double
  private var stage: Stage?
  /// Work of the stages that have ended.
  private var pastWork = 0.0
  /// Work that was done before its stage began.
  private var givenWork = 0.0
  var lastDrawn: Double
  var isShown = false
  /// How far right the cursor stands of the line's start.
  var drawnColumns = 0
  /// How wide the terminal was then.
  var terminalColumns = 0
  /// Lines below the progress, and the width that they were made for.
  var panel: [String] = []
  var panelWidth = 0

  init(plannedWork: Int?, start: Double) {
    self.plannedWork = plannedWork
    self.start = start
    lastDrawn = start
  }

  mutating func begin(
    _ label: String, total: Int, completed: Int = 0, unit: ProgressBar.Unit, cost: Double, now: Double
  ) {
    end(now: now)
    givenWork += cost * Double(completed)
    stage = Stage(
      label: label, total: total, unit: unit, cost: cost, start: now, completed: completed,
      samples: [(now, completed)])
  }

  mutating func update(completed: Int, detail: String?, now: Double) {
    guard stage != nil else { return }
    stage!.completed = completed
    if let detail { stage!.detail = detail }
    // A quarter of a second apart over ten seconds: recent enough to follow a change, long enough to be steady.
    if now - stage!.samples.last!.time >= 0.25 { stage!.samples.append((now, completed)) }
    while stage!.samples.count > 2, now - stage!.samples[1].time >= 10 { stage!.samples.removeFirst() }
  }

  mutating func end(now: Double) {
    if let stage { pastWork += stage.cost * Double(stage.completed) }
    stage = nil
  }

  /// The line, as much of it as fits: the bar shrinks first, then parts are left out from the right.
  func line(width: Int, now: Double, bar: Bar?) -> String {
    guard let stage else { return "" }
    var head = stage.label
    var parts: [String] = []
    if stage.total > 0 { parts.append(percent(stage)) } else { parts.append(amount(stage.completed, stage.unit)) }
    if let rate = rate(stage, now: now) { parts.append(self.rate(rate, stage.unit, short: bar != nil)) }
    if let remaining = remaining(stage, now: now) { parts.append("ETA \(TextFormat.duration(remaining))") }
    if !stage.detail.isEmpty { parts.append(stage.detail) }
    if width < Int.max {
      while parts.count > 1, length(head, parts) > width { parts.removeLast() }
      let room = max(0, width - length("", parts))
      if DisplayWidth.columns(head) > room { head = room > 0 ? DisplayWidth.fitted(head, to: room) : "" }
    }
    let room = width == .max ? 0 : width - length(head, parts) - 2
    if let bar, stage.total > 0, room >= 8 {
      parts.insert(drawn(bar, fraction(stage), cells: min(room, 30)), at: 0)
    }
    return ([head] + parts).filter { !$0.isEmpty }.joined(separator: "  ")
  }

  private func length(_ head: String, _ parts: [String]) -> Int {
    parts.reduce(DisplayWidth.columns(head)) { $0 + 2 + DisplayWidth.columns($1) }
  }

  private func fraction(_ stage: Stage) -> Double {
    min(max(Double(stage.completed) / Double(stage.total), 0), 1)
  }

  private func percent(_ stage: Stage) -> String {
    let text = "\(Int((fraction(stage) * 100).rounded(.down)))%"
    return String(repeating: " ", count: 4 - text.count) + text
  }

  private func rate(_ stage: Stage, now: Double) -> Double? {
    let oldest = stage.samples[0]
    guard now > oldest.time, stage.completed > oldest.completed else { return nil }
    return Double(stage.completed - oldest.completed) / (now - oldest.time)
  }

  /// - Parameter short: in 80 columns the bar needs the room.
  private func rate(_ rate: Double, _ unit: ProgressBar.Unit, short: Bool) -> String {
    switch unit {
    case .examples: TextFormat.fixed(rate, decimals: 1) + (short ? " ex/s" : " examples/s")
    case .bytes: TextFormat.bytes(Int(min(rate, 1e18))) + "/s"
    }
  }

  private func amount(_ completed: Int, _ unit: ProgressBar.Unit) -> String {
    switch unit {
    case .examples: TextFormat.thousands(completed) + " examples"
    case .bytes: TextFormat.bytes(completed)
    }
  }

  /// Seconds left of the run, at its pace so far with all that was not counted as work; without a plan, of the stage.
  private func remaining(_ stage: Stage, now: Double) -> Double? {
    if let plannedWork {
      let done = pastWork + stage.cost * Double(stage.completed)
      guard done > givenWork, now > start else { return nil }
      return max(0, Double(plannedWork) - done) * (now - start) / (done - givenWork)
    }
    guard stage.total > 0, let rate = rate(stage, now: now) else { return nil }
    return max(0, Double(stage.total - stage.completed)) / rate
  }

  private func drawn(_ bar: Bar, _ fraction: Double, cells: Int) -> String {
    switch bar {
    case .ascii:
      let full = Int(fraction * Double(cells - 2))
      return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - 2 - full) + "]"
    case .blocks:
      let eighths = Int(fraction * Double(cells * 8))
      let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
      let text = String(repeating: "█", count: eighths / 8) + partial
      return text + String(repeating: "░", count: cells - text.count)
    }
  }
}
