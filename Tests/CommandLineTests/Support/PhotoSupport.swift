import Foundation

/// Options of a run of a second or two on ``Sandbox/addPhotos(to:counts:)``.
let tinyPhotoRun = [
  "train", "--model", "densenet-bc-10-4", "--resize", "32", "--batch-size", "4", "--threads", "1", "--quiet",
]

extension Sandbox {
  /// Images of classes, each file with bytes of its own after the image's end.
  /// - Parameter counts: how many of each class; classes look different.
  func addPhotos(to folder: String, counts: KeyValuePairs<String, Int>, salt: String = "") throws {
    let kinds = ["png/sequential/rgb.png", "png/sequential/grey8.png", "jpeg/grey.jpg", "jpeg/cmyk.jpg"]
    for (index, (name, count)) in counts.enumerated() {
      let kind = kinds[index % kinds.count]
      for n in 0..<count {
        let own = Data("\(name) \(n) \(salt.isEmpty ? folder : salt)".utf8)
        try write(Images.data(kind) + own, to: "\(folder)/\(name)/\(n).\(kind.suffix(3))")
      }
    }
  }

  /// The points of a run's `metrics.jsonl` without times.
  func points(_ run: String) throws -> [String] {
    try metrics(text("\(run)/metrics.jsonl")).map { point in
      point.filter { !["seconds", "examples_per_second", "waiting_share"].contains($0.key) }
        .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
  }

  func weights(_ run: String, _ name: String = "model") throws -> Data {
    try Data(contentsOf: url("\(run)/\(name).safetensors"))
  }

  /// The files of a run's images, by the part and class that ``addPhotos(to:counts:salt:)`` gave them.
  func predictedFiles(_ folder: String) throws -> [String] {
    try text("\(folder)/predictions.csv").split(separator: "\n").dropFirst().map {
      // Before the two columns of names.
      String($0.split(separator: ",", omittingEmptySubsequences: false).dropLast(2).last!)
    }
  }

  /// Waits until a run has written a checkpoint.
  func waitForCheckpoint(_ run: String, of running: RunningCommand) async throws -> Bool {
    try await wait(seconds: 100) {
      !running.process.isRunning || names(in: "\(run)/checkpoints")?.contains { $0.hasSuffix(".safetensors") } == true
    } && running.process.isRunning
  }
}

extension Outcome {
  /// Whether the photos' shape is all that there is to say of an evaluation or a prediction.
  var saysOnlyThatImagesAreCropped: Bool {
    let note = #/densenet: note: .+ not square: the centre crop cuts (up to )?26% off .+ longer side, .+ \(--resize\)/#
    return errorLines.count == 1 && errorLines[0].wholeMatch(of: note) != nil
  }
}
