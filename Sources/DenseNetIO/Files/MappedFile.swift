import DenseNets
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file's bytes, mapped into memory.
/// - Throws: `Failure` as ``Failure/unreadable(_:code:)``, and of kind `inputOutput` where it is no regular file.
func readFile(_ url: URL) throws(Failure) -> Data {
  let shown = url.relativePath
  var status = stat()
  // Where the working folder's own name is not UTF-8, an absolute path in Foundation's spelling leads nowhere.
  let path = PathText.withBytes(of: url.path) { stat($0, &status) } == 0 ? url.path : shown
  guard PathText.withBytes(of: path, { stat($0, &status) }) == 0 else {
    let code = errno
    throw Failure.unreadable(shown, code: code)
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw Failure(.inputOutput, "\(shown): expected a regular file, found a device, a pipe or a folder; name a file")
  }
  let file = PathText.withBytes(of: path) { open($0, O_RDONLY | O_CLOEXEC) }
  guard file >= 0 else {
    let code = errno
    throw Failure.unreadable(shown, code: code)
  }
  defer { close(file) }
  let count = Int(status.st_size)
  guard count > 0 else { return Data() }
  guard let bytes = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), bytes != MAP_FAILED else {
    let code = errno
    throw Failure.unreadable(shown, code: code)
  }
  return Data(bytesNoCopy: bytes, count: count, deallocator: .custom { bytes, count in munmap(bytes, count) })
}
