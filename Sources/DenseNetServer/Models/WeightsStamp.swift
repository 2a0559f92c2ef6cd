#if Serve
  import DenseNets
  import Foundation

  /// What tells that a file, or one of the files in a folder of weights, was changed.
  struct WeightsStamp: Equatable, Sendable {
    private let files: [File]

    private struct File: Equatable, Sendable {
      let name: String
      let inode: UInt64
      let size: Int
      let seconds: Int
      let nanoseconds: Int

      init?(_ path: String, name: String) {
        var status = stat()
        guard PathText.withBytes(of: path, { stat($0, &status) }) == 0 else { return nil }
        self.name = name
        (inode, size) = (UInt64(status.st_ino), Int(status.st_size))
        #if canImport(Darwin)
          (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
        #else
          (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        #endif
      }
    }

    /// Nil where nothing is there.
    init?(_ path: String) {
      guard let own = File(path, name: "") else { return nil }
      let inside = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      // Of a folder only what weights can consist of; its own time changes with any file.
      files = inside.isEmpty ? [own] : inside.sorted().compactMap { File("\(path)/\($0)", name: $0) }
    }
  }
#endif
