import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// `densenet predict` on images: from paths to a printed result.
struct ImagePrediction {
  let network: LoadedNetwork
  let preprocessing: Preprocessing
  let classNames: [String]
  let options: PredictionOptions
  let views: TestTimeAugmentation
  let device: Device
  let batchSize: Int
  let quiet: Bool

  func run(_ paths: [String]) throws {
    let files = ImageFiles(paths)
    try network.requireSize(of: preprocessing, images: min(batchSize, max(files.paths.count, 1)), device: device)
    let heatMaps = try options.cam.map { try HeatMapWriter($0, preprocessing: preprocessing) }
    let predictor = Predictor(network.net, device: device)
    var report = PredictionReport()
    for skipped in files.skipped { report.skip(skipped) }
    Interrupts.watch()
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    progress.begin("predicting", total: files.paths.count)
    var done = 0
    var features: [Tensor] = []
    let batches = ImageLoader(
      files.paths, preprocessing: preprocessing, batchSize: batchSize, minimumSide: network.net.minimumSize)
    for batch in batches {
      for skipped in batch.skipped { report.skip(skipped) }
      if let images = batch.images {
        let names = batch.indices.map { files.paths[$0] }
        let top = try self.top(views.logits(images) { try predictor.logits($0) }, of: names)
        report.predictions += zip(names, top).map { PredictionReport.Prediction(file: $0, top: $1) }
        if options.features != nil { features.append(try predictor.features(images)) }
        if let heatMaps {
          try heatMaps.write(names, classes: top.map { $0[0].index }, predictor: predictor, images: images)
        }
      }
      done += batch.count
      progress.update(completed: done)
      if Interrupts.requested { break }
    }
    progress.finish()
    if Interrupts.requested {
      throw Interruption(description: "interrupted after \(done) images; nothing was printed")
    }
    try write(features, of: report.predictions.map(\.file))
    try report.printed(as: options.chosenFormat)
    try report.requireAll()
  }

  /// The most probable classes of each image, the most probable first; of equal ones the first.
  /// - Parameter logits: `[N, classes]`.
  private func top(_ logits: Tensor, of names: [String]) throws -> [[PredictionReport.Class]] {
    let count = logits.shape[1]
    let values = logits.values
    return try names.enumerated().map { n, name in
      let row = values[n * count..<(n + 1) * count].map(Double.init)
      guard let greatest = row.max(), row.allSatisfy(\.isFinite) else {
        throw Failure(
          .invalidData,
          "\(network.source): the network's answer for \(name) is not finite; check the weights and --mean and --std")
      }
      let powers = row.map { exp($0 - greatest) }
      let sum = powers.reduce(0, +)
      let order = row.indices.sorted { row[$0] == row[$1] ? $0 < $1 : row[$0] > row[$1] }
      return order.prefix(options.top.value).map {
        PredictionReport.Class(class: classNames[$0], index: $0, probability: powers[$0] / sum)
      }
    }
  }

  /// `features` `[N, channels]`, and in the metadata the files as a JSON array.
  private func write(_ features: [Tensor], of files: [String]) throws {
    guard let target = options.features else { return }
    guard !features.isEmpty else { return printError("\(target.text): not written, since no image could be read") }
    let tensor = Tensor.concatenated(features, axis: 0)
    let names = String(decoding: try compactJSON(files), as: UTF8.self)
    try WeightsFile(
      tensors: [NamedTensor(name: "features", tensor: tensor)], metadata: ["files": names], source: target.text
    ).write(to: target.url)
  }
}
