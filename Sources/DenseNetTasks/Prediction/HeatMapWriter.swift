import DenseNetData
import DenseNetIO
public import DenseNets
import Foundation

/// Writes class activation maps (Zhou et al. 2016) over images: how much each place of the last feature map speaks for
/// a class.
public final class HeatMapWriter {
  private static let suffix = ".cam.png"
  private let target: String
  private let preprocessing: Preprocessing
  let isFile: Bool
  private var written: Set<String> = []
  private var hasWarned = false

  /// - Throws: `Failure(.usage)` where one file is named for several images, or for the image itself.
  public static func validate(_ target: String, images: [String]) throws {
    guard isFile(target) else {
      let folder = url(target).resolvingSymlinksInPath().standardizedFileURL.path
      for image in images where image.hasSuffix(suffix) || ImageFiles.isFolder(image) {
        let url = url(image).resolvingSymlinksInPath().standardizedFileURL
        guard folder != (ImageFiles.isFolder(image) ? url : url.deletingLastPathComponent()).path else {
          throw Failure(
            .usage,
            "heat maps: expected a folder other than that of the images, which they could overwrite; name another",
            settings: ["heatMaps"])
        }
      }
      return
    }
    guard images.count == 1, !ImageFiles.isFolder(images[0]) else {
      throw Failure(
        .usage, "heat maps: expected a folder for the maps of several images, found a file; name a folder",
        settings: ["heatMaps"])
    }
    let (map, image) = (url(target).resolvingSymlinksInPath().path, url(images[0]))
    guard map != image.resolvingSymlinksInPath().path else {
      throw Failure(
        .usage, "heat map: expected a file other than the image, which it would overwrite; name another",
        settings: ["heatMaps"])
    }
  }

  private static func isFile(_ target: String) -> Bool {
    url(target).pathExtension.lowercased() == "png" && !ImageFiles.isFolder(target)
  }

  private static func url(_ path: String) -> URL { URL(fileURLWithPath: path) }

  /// Makes the folder, where the heat maps go into one.
  /// - Parameters:
  ///   - target: a folder, which gets `<image>.cam.png` for each image; or for one image a `.png` file.
  ///   - preprocessing: what made the network's input of the images.
  /// - Throws: `Failure(.inputOutput)`.
  public init(_ target: String, preprocessing: Preprocessing) throws {
    self.target = target
    self.preprocessing = preprocessing
    isFile = Self.isFile(target)
    if isFile { return }
    do {
      try FileManager.default.createDirectory(at: Self.url(target), withIntermediateDirectories: true)
    } catch {
      throw Failure(.inputOutput, "\(target): cannot be created as a folder; check the path and its permissions")
    }
  }

  /// What a heat map explains: a class by its index, and by its name where an image has several maps.
  typealias Explained = (index: Int, name: String?)

  /// - Parameters:
  ///   - classes: of each image, the classes to explain.
  ///   - activations: the network's last map of the images: `[N, channels, h, w]`.
  func write(
    _ files: [String], classes: [[Explained]], activations: Tensor, predictor: Predictor, monitor: TaskMonitor
  ) throws {
    if activations.shape[2] * activations.shape[3] == 1, !hasWarned {
      hasWarned = true
      monitor.warning(
        "the last feature map has a single pixel, so heat maps show nothing; use larger images",
        settings: ["imageSize"])
    }
    for (n, file) in files.enumerated() {
      let image = try DecodedImage(contentsOf: file)
      for explained in classes[n] {
        let map = predictor.classActivationMap(of: explained.index, activations, image: n)
        let overlay = map.overlay(on: image, preprocessing: preprocessing)
        let target = isFile ? Self.url(target) : url(for: file, explained.name)
        try AtomicFile.write(Data(try overlay.pngData()), to: target)
      }
    }
  }

  /// `<image>.cam.png` or `<image>.<label>.cam.png`, with a number where images of several folders have one name.
  private func url(for file: String, _ label: String?) -> URL {
    let shown = label.map { label in
      "." + String(label.prefix(60).map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" })
    }
    let stem = Self.url(PathText.readable(file)).deletingPathExtension().lastPathComponent + (shown ?? "")
    var name = stem + Self.suffix
    var number = 2
    while !written.insert(name).inserted {
      name = "\(stem)-\(number)\(Self.suffix)"
      number += 1
    }
    return Self.url(target).appendingPathComponent(name)
  }
}
