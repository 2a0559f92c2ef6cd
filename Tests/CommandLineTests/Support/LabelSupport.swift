import DenseNetData
import DenseNets
import Foundation

let labelNames = ["Dress", "Pullover", "T-shirt", "Trouser"]
let labelColumns = ["--path-column", "Image", "--label-columns", labelNames.joined(separator: ",")]

/// A run of two epochs of eight updates.
let labelRun =
  [
    "train", "--dataset", "csv:pairs/pairs.csv", "--group-column", "Person", "--grey", "--fit", "squash", "--resize",
    "16", "--model", "densenet-bc-16-6", "--batch-size", "16", "--epochs", "2", "--lr", "0.05", "--momentum", "0.9",
    "--pos-weight", "balanced",
  ]

extension Sandbox {
  /// A table `pairs/pairs.csv` of pictures of the bundled sample, joined two by two, each with the labels of both. Some
  /// labels are uncertain, some unknown.
  func addPairs(_ count: Int = 160) throws {
    let sample = try BundledSample.load().test
    let names = [0: "T-shirt", 1: "Trouser", 2: "Pullover", 3: "Dress"]
    let chosen = sample.labels.indices.filter { names[Int(sample.labels[$0])] != nil }
    var lines = [(["Image", "Person"] + labelNames + ["Findings"]).joined(separator: ",")]
    for n in 0..<count {
      // Neighbours of other classes, by two walks through the sample.
      let pair = [chosen[n * 2 % chosen.count], chosen[(n * 7 + 3) % chosen.count]]
      let images = try pair.map { try sample.image(at: $0) }
      let rows = (0..<28).flatMap { y in images.flatMap { $0.pixels[y * 28..<(y + 1) * 28] } }
      let joined = DecodedImage(width: 56, height: 28, channels: 1, pixels: rows)
      try write(Data(try joined.pngData()), to: "pairs/\(n).png")
      let found = Set(pair.map { names[Int(sample.labels[$0])]! })
      var cells = labelNames.map { found.contains($0) ? "1" : "0" }
      if n % 5 == 2 { cells[n % 4] = "-1" }
      if n % 9 == 4 { cells[n % 3] = "" }
      let joinedNames = n % 31 == 5 ? "No Finding" : found.sorted().joined(separator: "|")
      lines.append((["\(n).png", "person \(n / 3)"] + cells + [joinedNames]).joined(separator: ","))
    }
    try write(Data((lines.joined(separator: "\n") + "\n").utf8), to: "pairs/pairs.csv")
  }
}
