import Testing

@testable import DenseNetReports

@Suite struct DiagramTests {
  @Test func aBlocksRowsGrowByItsLayers() throws {
    let svg = BlockDiagram(layers: 4, inputChannels: 64, growthRate: 32).svg()
    let document = try #require(Markup(svg))
    #expect(document.elements[1].text == "A dense block of 4 layers")
    let texts = document.texts("text")
    for sum in ["64", "64 + 32 = 96", "96 + 32 = 128", "128 + 32 = 160", "160 + 32 = 192"] {
      #expect(texts.contains(sum), "\(sum)")
    }
    // x lies in all five rows, the first layer's slice in four, the last layer's in one.
    #expect(["x", "f₁", "f₄"].map { label in texts.count { $0 == label } } == [5, 4, 1])
    // The last row has a slice for the input and one per layer, of the widths that the channels ask for.
    let slices = document.elements.filter { $0.name == "rect" && $0.attributes["rx"] != nil }
    #expect(slices.count == 1 + 2 + 3 + 4 + 5)
    let widths = slices.suffix(5).compactMap { $0.attributes["width"].flatMap(Double.init) }.map { $0 + 2 }
    #expect(zip(widths, [180.0, 90, 90, 90, 90]).allSatisfy { abs($0 - $1) < 0.11 }, "\(widths)")
    #expect(svg.contains("prefers-color-scheme:dark"))
  }

  @Test func leavesLabelsOutOfNarrowSlices() throws {
    let texts = try #require(Markup(BlockDiagram(layers: 40, inputChannels: 16, growthRate: 12).svg())).texts("text")
    #expect(!texts.contains { $0.hasPrefix("f") } && texts.contains("484 + 12 = 496"))
  }

  @Test func plotsLinesAgainstACount() throws {
    var plot = LinePlot(title: "Memory, MiB", horizontal: "layers")
    plot.add("a", [(4, 10), (8, 40)])
    plot.add("b", [(4, 5), (8, 10)])
    let document = try #require(Markup(plot.svg()))
    #expect(document.elements[2].text == "Memory, MiB against layers, up to 8. At the end: a 40.000, b 10.000.")
    #expect(document.texts("text") == ["Memory, MiB", "a", "b"])
    #expect(document.texts("faint").last == "layers")
    #expect(["mark0", "mark1"].map { document.texts($0) } == [["40.000"], ["10.000"]])
  }
}
