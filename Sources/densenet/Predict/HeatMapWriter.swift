import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// Writes class activation maps (Zhou et al. 2016) over images: how much each place of the last feature map speaks for
/// a class.
final class HeatMapWriter {
  private static let suffix = ".cam.png"
  private let target: Path
  private let preprocessing: Preprocessing
  private let isFile: Bool
  private var written: Set<String> = []
  private var hasWarned = false

  /// - Throws: `Failure(.usage)` where one file is named for several images, or for the image itself.
  static func validate(_ target: Path, images: [String]) throws {
    guard isFile(target) else {
      let folder = target.url.resolvingSymlinksInPath().standardizedFileURL.path
      for image in images where image.hasSuffix(suffix) || ImageFiles.isFolder(image) {
        let url = URL(fileURLWithPath: image).resolvingSymlinksInPath().standardizedFileURL
        guard folder != (ImageFiles.isFolder(image) ? url : url.deletingLastPathComponent()).path else {
          throw Failure(
            .usage,
            "--cam: expected another folder than that of the images, which heat maps could replace; name another"
          )
        }
      }
      return
    }
    guard images.count == 1, !ImageFiles.isFolder(images[0]) else {
      throw Failure(
        .usage, "--cam: expected a folder for the heat maps of several images, found a file; name a folder")
    }
    let (map, image) = (target.url.resolvingSymlinksInPath().path, URL(fileURLWithPath: images[0]))
    guard map != image.resolvingSymlinksInPath().path else {
      throw Failure(.usage, "--cam: expected another file than the image, which it would replace; name another")
    }
  }

  private static func isFile(_ target: Path) -> Bool {
    target.url.pathExtension.lowercased() == "png" && !ImageFiles.isFolder(target.text)
  }

  /// Makes the folder, where the heat maps go into one.
  init(_ target: Path, preprocessing: Preprocessing) throws {
    self.target = target
    self.preprocessing = preprocessing
    isFile = Self.isFile(target)
    if isFile { return }
    do {
      try FileManager.default.createDirectory(at: target.url, withIntermediateDirectories: true)
    } catch {
      throw Failure(.inputOutput, "\(target.text): cannot be made a folder; check the path and its permissions")
    }
  }

  /// - Parameters:
  ///   - classes: of each image, the class to explain.
  ///   - images: what the network saw: `[N, C, H, W]`.
  func write(_ files: [String], classes: [Int], predictor: Predictor, images: Tensor) throws {
    let activations = try predictor.activations(images)
    let (channels, height, width) = (activations.shape[1], activations.shape[2], activations.shape[3])
    if height * width == 1, !hasWarned {
      hasWarned = true
      printError(
        "warning: the last feature map has a single place, so heat maps show nothing; use larger images (--resize)")
    }
    for (n, file) in files.enumerated() {
      let weights = predictor.classifierWeights(of: classes[n]).values
      let values = (0..<height * width).map { place in
        let start = (n * height * width + place) * channels
        return (0..<channels).reduce(Float(0)) { $0 + weights[$1] * activations.storage[start + $1] }
      }
      let map = HeatMap(Tensor(shape: [height, width], values: values))
      let overlay = map.overlay(on: try DecodedImage(contentsOf: file), preprocessing: preprocessing)
      try AtomicFile.write(Data(try overlay.pngData()), to: isFile ? target.url : url(for: file))
    }
  }

  /// `<image>.cam.png`, with a number where images of several folders have one name.
  private func url(for file: String) -> URL {
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    var name = stem + Self.suffix
    var number = 2
    while !written.insert(name).inserted {
      name = "\(stem)-\(number)\(Self.suffix)"
      number += 1
    }
    return target.url.appendingPathComponent(name)
  }
}
