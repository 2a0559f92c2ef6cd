import DenseNetData
import DenseNets
import Foundation

/// The Fashion-MNIST sample inside the library, as a folder of PNG files: something to try the examples on.
public enum SampleImages {
  /// Writes `CLASS/NUMBER.png` for some of the classes.
  /// - Parameters:
  ///   - classes: how many of the ten, the first ones.
  ///   - count: images per class.
  /// - Returns: the folder.
  public static func folder(_ url: URL, classes: Int = 10, count: Int = 40) throws -> URL {
    let sample = try BundledSample.load().train
    var written = [Int](repeating: 0, count: classes)
    for (index, label) in sample.labels.enumerated() {
      let label = Int(label)
      guard label < classes, written[label] < count else { continue }
      let name = sample.classNames[label].replacingOccurrences(of: "/", with: " or ")
      let folder = url.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(sample.image(at: index).pngData()).write(to: folder.appendingPathComponent("\(index).png"))
      written[label] += 1
    }
    return url
  }
}
