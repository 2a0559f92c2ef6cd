import DenseNets
import Foundation

// What is probably not meant in images to learn from.

extension LabeledImageFiles {
  /// A warning where files of the same content are of different classes, or have different labels; nil: none are.
  package var contradiction: String? {
    var known: [UInt64: Int] = [:]
    var found: [(first: Int, second: Int)] = []
    for (image, hash) in ImageSketch.hashes(of: paths).enumerated() {
      guard let hash else { continue }
      guard let other = known[hash] else {
        known[hash] = image
        continue
      }
      if labels[image] != labels[other] || labelMatrix?.row(image) != labelMatrix?.row(other) {
        found.append((other, image))
      }
    }
    guard let (first, second) = found.first else { return nil }
    func shown(_ image: Int) -> String {
      PathText.readable(paths[image])
        + (labelMatrix == nil ? " (\(printable(classNames[Int(labels[image])], limit: 40)))" : "")
    }
    return
      "\(grouped(found.count)) training image\(found.count == 1 ? "" : "s") repeat another's content under \(labelMatrix == nil ? "another class" : "other labels"), such as \(shown(second)) that of \(shown(first)); keep the one that is right"
  }

  /// A warning where images seem to be masks, as for segmentation: of other images among these, or by their classes' names;
  /// nil: none are.
  package var masks: String? {
    let kinds: Set<String> = ["images", "image", "masks", "mask", "labels", "annotations", "groundtruth"]
    if numClasses == 2, classNames.allSatisfy({ kinds.contains($0.lowercased()) }) {
      return
        "the classes are called \(classNames.joined(separator: " and ")): they seem to be images and their masks for segmentation, and are learnt as classes"
    }
    func stem(_ path: String) -> Substring { path[..<(path.lastIndex(of: ".") ?? path.endIndex)] }
    let stems = Set(paths.map(stem))
    let ends = ["_mask", "_mask_1", "_seg", "_segmentation", "_gt", "_annotation"]
    let found = paths.filter { path in
      let own = stem(path)
      return ends.contains { own.hasSuffix($0) && stems.contains(own.dropLast($0.count)) }
    }
    guard let first = found.first else { return nil }
    return
      "\(grouped(found.count)) of \(grouped(count)) training images seem to be masks of others, such as \(PathText.readable(first)); move them elsewhere, or they are learnt as images of their class"
  }
}
