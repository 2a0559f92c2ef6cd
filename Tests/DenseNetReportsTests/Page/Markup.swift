import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an SVG image or a page holds, if it is well formed.
final class Markup: NSObject, XMLParserDelegate {
  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []

  init?(_ text: String) {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    guard parser.parse(), open.isEmpty else { return nil }
  }

  /// A page: HTML, whose elements without an end are closed as XML wants it.
  convenience init?(page: String) {
    let closed = page.replacing("<!DOCTYPE html>", with: "").replacing("<br>", with: "<br/>")
      .replacing(/<(meta|img) ([^>]*)>/) { "<\($0.output.1) \($0.output.2)/>" }
    self.init(closed)
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if let last = open.last { elements[last].text += string }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  func texts(_ style: String? = nil) -> [String] {
    all("text").filter { style == nil || $0.attributes["class"] == style }.map(\.text)
  }

  func paths(_ style: String) -> [String] {
    all("path").filter { $0.attributes["class"] == style }.compactMap { $0.attributes["d"] }
  }

  /// All coordinates of text, circles and absolute paths.
  var coordinates: [Double] {
    elements.flatMap { element -> [Double] in
      let path = element.attributes["d"].map { $0.split { "MLh ".contains($0) }.compactMap { Double($0) } } ?? []
      return path + ["x", "y", "cx", "cy"].compactMap { element.attributes[$0].flatMap { Double($0) } }
    }
  }
}
