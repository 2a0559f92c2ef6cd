public import DenseNets
public import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Files that are either there in full or not there at all.
public enum AtomicFile {
  /// Writes `data` to `url`, replacing any file there.
  ///
  /// The bytes go to a temporary name in the same folder and reach the disk before the rename, so that a reader,
  /// a crash or a full disk never meets half a file. The temporary file is removed when something fails.
  /// A symbolic link stays, and the file that it names is written.
  /// - Throws: `Failure(.inputOutput)` when the folder is missing, read-only or full, or `url` is a folder, a device or
  ///   a pipe.
  public static func write(_ data: Data, to url: URL) throws(Failure) {
    let shown = url.relativePath
    let url = url.resolvingSymlinksInPath()
    let target = url.path
    var status = stat()
    if lstat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
      throw Failure(
        .inputOutput, "\(shown): expected a regular file or a new name, found a device, a pipe or a link; name another")
    }
    let temporary = url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent.prefix(100)).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp")
      .path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemFailure("be written", shown, code: errno) }
    var code = writeAll(data, to: descriptor)
    if code == 0, synchronize(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, rename(temporary, target) != 0 { code = errno }
    guard code == 0 else {
      unlink(temporary)
      throw systemFailure("be written", shown, code: code)
    }
    synchronizeFolder(of: url)
  }

  /// Removes what writers that were killed have left in a folder: files of the temporary names alone, of processes that
  /// are no more, or have this one's number. For a folder that this process has a lock on, before it writes there.
  package static func removeLeftovers(in folder: URL) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
      guard let match = name.wholeMatch(of: /\..+\.([0-9]{1,9})\.[0-9]{1,10}\.tmp/), let process = Int32(match.1),
        process > 0, process == getpid() || kill(process, 0) != 0 && errno == ESRCH
      else { continue }
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  /// Flushes a file's bytes to the disk. Returns 0, or -1 with `errno`.
  private static func synchronize(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
      // There `fsync` leaves them in the drive's cache; not every file system knows better.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
    #endif
    return fsync(descriptor)
  }

  /// Makes the rename itself survive a power failure. Not every file system offers this, so a refusal is no failure.
  private static func synchronizeFolder(of url: URL) {
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    _ = fsync(folder)
    close(folder)
  }
}

/// Writes all bytes, however many calls it takes. Returns the system's error number, or 0.
func writeAll(_ data: Data, to descriptor: Int32) -> Int32 {
  data.withUnsafeBytes { bytes in
    var offset = 0
    while offset < bytes.count {
      let written = write(descriptor, bytes.baseAddress! + offset, min(bytes.count - offset, 1 << 30))
      if written > 0 {
        offset += written
      } else if written < 0, errno != EINTR {
        return errno
      } else if written == 0 {
        return EIO
      }
    }
    return 0
  }
}
