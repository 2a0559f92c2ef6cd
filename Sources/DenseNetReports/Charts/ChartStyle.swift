/// Colours and line styles of the curves. Lines differ in lightness and in dashes as well as in hue (the first three are
/// Okabe and Ito's blue, vermilion and green), so that the colour-blind and a black-and-white printer can tell them
/// apart.
enum ChartStyle {
  struct Colors {
    var background: String
    var frame: String
    var grid: String
    var text: String
    var faintText: String
    /// Train loss, train accuracy, test accuracy; or one run after the other.
    var lines: [String]

    /// The colour of a line; after the last, the first again.
    func line(_ index: Int) -> String { lines[index % lines.count] }
  }

  static let light = Colors(
    background: "#ffffff", frame: "#8c959f", grid: "#e4e8ec", text: "#1f2328", faintText: "#59636e",
    lines: ["#0072b2", "#c24a00", "#007a5a", "#9c3d8a", "#7d5f00", "#5b5fc7", "#b3263f", "#4d5a66"])

  static let dark = Colors(
    background: "#0d1117", frame: "#6e7681", grid: "#262c36", text: "#f0f6fc", faintText: "#9aa4b0",
    lines: ["#58b4f0", "#ff9a57", "#3ddba8", "#e48fd3", "#e0c04c", "#a5a8ff", "#ff8c9c", "#b4bfca"])

  /// The chapter's solid, dashed and dash-dotted lines.
  static let dashes: [String?] = [nil, "7 4", "10 4 2 4"]

  /// Rules that take over from the colours in the attributes where the viewer prefers dark.
  /// - Parameter lines: how many lines there are.
  static func darkRules(lines: Int) -> String {
    var rules = [
      ".background{fill:\(dark.background)}", ".frame{stroke:\(dark.frame)}", ".grid{stroke:\(dark.grid)}",
      ".text{fill:\(dark.text)}", ".faint{fill:\(dark.faintText)}",
    ]
    for index in 0..<lines {
      rules.append(".line\(index){stroke:\(dark.line(index))}")
      rules.append(".mark\(index){fill:\(dark.line(index))}")
    }
    return "@media (prefers-color-scheme:dark){\(rules.joined())}"
  }
}
