package import DenseNets
import Foundation

/// Standard input, output and error, whatever the caller has done to them.
package enum StandardStreams {
  /// Makes sure that no file of a run takes the place of a closed stream, and that a reader that goes away, or a limit
  /// on the size of files, is an error of that write rather than the end of the program.
  package static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // The lowest free number is the stream's own. Writing to a closed standard output must fail, so: for reading.
      _ = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes to standard output.
  /// - Throws: `Failure(.inputOutput)` with the remedy if it cannot be written.
  package static func writeResult(_ text: String, remedy: String) throws(Failure) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress!, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw Failure(
          .inputOutput,
          "standard output: cannot be written: \(String(cString: strerror(errno)).lowercased()); \(remedy)")
      }
      bytes = bytes.dropFirst(written)
    }
  }
}
