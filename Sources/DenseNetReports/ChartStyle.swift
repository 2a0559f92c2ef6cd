/// Colours and line styles of the curves. The three lines differ in lightness and in dashes as well as in hue (Okabe and
/// Ito's blue, vermilion and green), so that the colour-blind and a black-and-white printer can tell them apart.
enum ChartStyle {
  struct Colors {
    var background: String
    var frame: String
    var grid: String
    var text: String
    var faintText: String
    /// Train loss, train accuracy, test accuracy.
    var lines: [String]
  }

  static let light = Colors(
    background: "#ffffff", frame: "#8c959f", grid: "#e4e8ec", text: "#1f2328", faintText: "#59636e",
    lines: ["#0072b2", "#c24a00", "#007a5a"])

  static let dark = Colors(
    background: "#0d1117", frame: "#6e7681", grid: "#262c36", text: "#f0f6fc", faintText: "#9aa4b0",
    lines: ["#58b4f0", "#ff9a57", "#3ddba8"])

  /// The chapter's solid, dashed and dash-dotted lines.
  static let dashes: [String?] = [nil, "7 4", "10 4 2 4"]

  /// Rules that take over from the colours in the attributes where the viewer prefers dark.
  static var darkRules: String {
    var rules = [
      ".background{fill:\(dark.background)}", ".frame{stroke:\(dark.frame)}", ".grid{stroke:\(dark.grid)}",
      ".text{fill:\(dark.text)}", ".faint{fill:\(dark.faintText)}",
    ]
    for (index, color) in dark.lines.enumerated() {
      rules.append(".line\(index){stroke:\(color)}")
      rules.append(".mark\(index){fill:\(color)}")
    }
    return "@media (prefers-color-scheme:dark){\(rules.joined())}"
  }
}
