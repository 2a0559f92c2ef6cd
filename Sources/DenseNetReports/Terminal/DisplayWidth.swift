import DenseNets

/// Texts by the columns that they take in a terminal or a line of a page: most characters take one, those of Chinese,
/// Japanese and Korean and emoji two, marks that join the letter before them none.
package enum DisplayWidth {
  package static func columns(_ text: String) -> Int {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
    return text.reduce(0) { $0 + columns($1) }
  }

  /// A text of at most so many columns; where it has more, its end, or its start, gives way to an ellipsis.
  package static func fitted(_ text: String, to limit: Int, keepsEnd: Bool = false) -> String {
    guard limit < text.utf8.count, columns(text) > limit else { return text }
    var room = limit - 1
    func fits(_ character: Character) -> Bool {
      room -= columns(character)
      return room >= 0
    }
    if keepsEnd { return "…" + String(text.reversed().prefix(while: fits).reversed()) }
    return String(text.prefix(while: fits)) + "…"
  }

  private static func columns(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    // A letter that a variation selector turns into an emoji takes two columns as well.
    if scalars.count > 1, scalars.contains("\u{FE0F}"), scalars.first!.properties.isEmoji { return 2 }
    return scalars.map(columns).max() ?? 0
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    if scalar.properties.isEmojiPresentation { return 2 }
    if wide.contains(where: { $0.contains(scalar.value) }) { return 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return 1
    }
  }

  /// The wide characters of Unicode's East Asian Width (UAX #11) that are no emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}
