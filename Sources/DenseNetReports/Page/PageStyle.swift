/// The style sheet of the pages: the charts' colours, light, and dark where the reader prefers that.
enum PageStyle {
  static var rules: String {
    """
    \(variables(ChartStyle.light, panel: "#f6f8fa"))
    @media (prefers-color-scheme:dark){\(variables(ChartStyle.dark, panel: "#151b23"))}
    \(ChartStyle.darkRules(lines: ChartStyle.dark.lines.count))
    \(layout)
    \(tables)
    \(parts)
    """
  }

  private static func variables(_ colors: ChartStyle.Colors, panel: String) -> String {
    ":root{--background:\(colors.background);--panel:\(panel);--text:\(colors.text);--faint:\(colors.faintText);"
      + "--rule:\(colors.grid);--right:\(colors.line(0));--wrong:\(colors.line(1))}"
  }

  private static let layout = """
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1120px;padding:24px 16px 48px;background:var(--background);color:var(--text);\
    font:16px/1.5 \(SVG.fonts);font-variant-numeric:tabular-nums}
    header{margin:0 0 24px}
    h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
    h2{font-size:1.25rem;margin:40px 0 4px;padding-top:20px;border-top:1px solid var(--rule)}
    h3{font-size:1rem;margin:0 0 8px}
    h3.second{margin-top:20px}
    p{margin:0 0 12px}
    .note,.facts,figcaption span,footer{color:var(--faint)}
    .note{max-width:75ch}
    .columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:16px}
    .three{grid-template-columns:1fr}
    .panel{background:var(--panel);border-radius:10px;padding:14px 16px 10px;min-width:0}
    svg{display:block;width:100%;height:auto;font-family:inherit}
    footer{margin-top:40px;padding-top:16px;border-top:1px solid var(--rule);font-size:.875rem}
    a{color:var(--right)}
    @media (min-width:960px){.three{grid-template-columns:repeat(3,1fr)}.three svg{font-size:17px}}
    @media (min-width:700px){body{padding:40px 32px 64px}h1{font-size:2.25rem}}
    @media print{section{break-inside:avoid}.scroll{overflow:visible}}
    """

  private static let tables = """
    .scroll{overflow-x:auto;max-width:100%}
    .scroll:focus-visible{outline:2px solid var(--right);outline-offset:2px}
    table{border-collapse:collapse;font-size:.875rem}
    th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top}
    thead th{color:var(--faint);font-weight:600;white-space:nowrap}
    tbody th,tfoot th{font-weight:500;white-space:nowrap}
    .number{text-align:right;white-space:nowrap}
    .pairs th{color:var(--faint);white-space:nowrap}
    .pairs td{overflow-wrap:anywhere;min-width:12ch}
    details:not(.panel){margin-top:12px}
    summary h3{display:inline;color:inherit}
    details.panel[open] summary{margin-bottom:8px}
    summary{cursor:pointer;color:var(--right)}
    tfoot th,tfoot td{font-weight:600;border-bottom:0}
    .share{display:inline-block;width:72px;height:8px;border-radius:4px;background:var(--rule);margin-left:8px;\
    overflow:hidden}
    .share i{display:block;height:100%;background:var(--right)}
    """

  private static let parts = """
    .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:0}
    .figures div{background:var(--panel);border-radius:10px;padding:12px 14px}
    .figures div:first-child{grid-column:span 2;grid-row:span 2;display:flex;flex-direction:column;\
    justify-content:center}
    .figures dt{color:var(--faint);font-size:.8125rem}
    .figures dd{margin:0;font-size:1.375rem;font-weight:600;line-height:1.3}
    .figures dd.small{font-size:.8125rem;font-weight:400;color:var(--faint)}
    .figures div:first-child dd:not(.small){font-size:3.25rem;line-height:1.1}
    .matrix{border-collapse:separate;border-spacing:2px;font-size:.8125rem}
    .matrix th,.matrix td{border:0;padding:4px 6px}
    .matrix td{position:relative;min-width:62px;height:34px;text-align:center;vertical-align:middle;border-radius:4px;\
    background:color-mix(in srgb,var(--wrong) var(--heat,0%),var(--panel))}
    .matrix td.right{background:color-mix(in srgb,var(--right) var(--heat,0%),var(--panel))}
    .matrix.tight td{min-width:42px;padding:4px 2px}
    .matrix.tight thead th+th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;max-width:none;\
    white-space:nowrap;vertical-align:top}
    .matrix td.zero{color:var(--faint)}
    .matrix tbody th{position:sticky;left:0;background:var(--background);text-align:right;white-space:nowrap;\
    vertical-align:middle;z-index:1}
    .matrix thead th{text-align:center;vertical-align:bottom;max-width:110px;overflow-wrap:break-word;white-space:normal}
    .map{max-width:640px}
    .map .right{fill:var(--right)}
    .map .wrong{fill:var(--wrong)}
    .map .ground{fill:var(--panel)}
    .diagram{max-width:560px}
    .diagram .bar{fill:var(--right)}
    .diagram .gap{fill:var(--wrong);fill-opacity:.3;stroke:var(--wrong)}
    .images{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(128px,28%),1fr));gap:16px 12px;margin:0;padding:0;\
    list-style:none}
    figure{margin:0}
    figure img{display:block;width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;\
    background:var(--panel);border-radius:8px}
    figcaption{font-size:.8125rem;line-height:1.4;margin-top:6px;overflow-wrap:anywhere}
    figcaption b{font-weight:600}
    @media (max-width:520px){.panel svg{font-size:15.5px}.share{display:none}.scroll table:not(.matrix) :is(th,td){padding:5px 4px}\
    .scroll table:not(.matrix) thead th{white-space:normal;font-size:.75rem}\
    .scroll table:not(.matrix) :is(th,td):not(.number){white-space:normal;overflow-wrap:anywhere;min-width:8ch}\
    .matrix :is(th,td){padding:4px 3px}.matrix td{min-width:40px}.pairs tr{display:grid;padding:5px 0;border-bottom:1px solid var(--rule)}.pairs th,.pairs td{border:0;padding:0 10px}.scroll .pairs{width:100%}}
    """
}
