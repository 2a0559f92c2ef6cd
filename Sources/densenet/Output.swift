import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// Standard input, output and error, whatever the caller has done to them.
enum StandardStreams {
  /// Makes sure that no file of a run takes the place of a closed stream, and that a reader that goes away, or a limit
  /// on the size of files, is an error of that write rather than the end of the program.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // The lowest free number is the stream's own. Writing to a closed standard output must fail, so: for reading.
      _ = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Writes one line to standard error, whatever the names in it hold. What cannot be written is dropped.
func printError(_ line: String, prefix: String = "densenet: ") {
  Terminal.writeToStandardError("\(prefix)\(printable(line))\n")
}

/// Writes a result to standard output.
/// - Throws: `Failure(.inputOutput)` with the remedy if it cannot be written.
func printResult(_ text: String, remedy: String = "check where it leads, and run again") throws {
  var bytes = Array((text + "\n").utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress!, $0.count) }
    if written < 0, errno == EINTR { continue }
    guard written > 0 else {
      throw Failure(
        .inputOutput, "standard output: cannot be written: \(String(cString: strerror(errno)).lowercased()); \(remedy)")
    }
    bytes = bytes.dropFirst(written)
  }
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
