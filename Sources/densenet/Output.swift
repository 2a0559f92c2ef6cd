import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// Writes one line to standard error, whatever the names in it hold. What cannot be written is dropped.
func printError(_ line: String, prefix: String = "densenet: ") {
  Terminal.writeToStandardError("\(prefix)\(printable(line))\n")
}

/// Writes a result to standard output.
/// - Throws: `Failure(.inputOutput)` with the remedy if it cannot be written.
func printResult(_ text: String, remedy: String = "check where it leads, and run again") throws {
  try StandardStreams.writeResult(text + "\n", remedy: remedy)
}

/// Writes a result to standard output as one line of JSON.
func printJSON(_ value: some Encodable, remedy: String = "check where it leads, and run again") throws {
  try printResult(String(decoding: try compactJSON(value), as: UTF8.self), remedy: remedy)
}

/// Counts images that were left out, for the exit status.
struct LeftOutImages {
  private var count = 0
  private var status: Int32 = 0

  /// Names an image on standard error.
  mutating func report(_ image: SkippedImage) {
    printError(image.failure.description)
    count += 1
    // A file that is not there says more than one that is damaged.
    status = max(status, image.failure.exitStatus)
  }

  /// - Throws: ``LeftOut`` where there is any.
  func throwIfAny(of total: Int) throws {
    guard count > 0 else { return }
    throw LeftOut(
      status: status,
      description: total > 1 ? "left out \(count) of \(total) images and folders, named above" : nil)
  }
}

/// The end of a run that printed its result but left images out, each of them named before.
struct LeftOut: Error {
  let status: Int32
  let description: String?
}
