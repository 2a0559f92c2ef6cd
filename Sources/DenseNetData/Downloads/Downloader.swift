import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Called while a download proceeds: the file's name, the bytes that have come so far, and how many there will be, if
/// known.
public typealias DownloadProgress = @Sendable (_ file: String, _ received: Int64, _ expected: Int64?) -> Void

/// Fetches published files: resumably, whole or not at all, and only with the right content.
///
/// What has come lies in `NAME.part` until it is complete and its checksum is right; an interrupted download
/// resumes from there, in this run or in the next.
struct Downloader: Sendable {
  /// Seconds within which a server must be reached and respond.
  var answerTimeout = 10.0
  /// Seconds within which more bytes must come.
  var stallTimeout = 20.0
  /// How often a broken connection to one mirror is resumed, as long as each attempt brings some bytes.
  var resumptions = 3
  var progress: DownloadProgress?

  /// Fetches a file from the first mirror that gives it.
  /// - Throws: ``DownloadError``.
  func download(_ file: DatasetDescription.File, from mirrors: [URL], to destination: String) async throws {
    var errors: [DownloadError] = []
    for mirror in mirrors {
      do {
        return try await fetch(file, from: mirror.appendingPathComponent(file.name), to: destination)
      } catch let error as DownloadError where error.cause != .local {
        errors.append(error)
      }
    }
    throw DownloadError(all: errors)
  }

  private func fetch(_ file: DatasetDescription.File, from url: URL, to destination: String) async throws {
    let partial = try await transfer(file, from: url, to: destination)
    do {
      try check(partial.file, file, url)
    } catch  where partial.wasResumed {
      // The beginning may be another mirror's, or another version's.
      partial.file.remove()
      let afresh = try await transfer(file, from: url, to: destination)
      try check(afresh.file, file, url)
      return try afresh.file.complete()
    }
    try partial.file.complete()
  }

  /// Removes what came unless its content is the published one.
  private func check(_ partial: PartialFile, _ file: DatasetDescription.File, _ url: URL) throws {
    do {
      if let expected = file.md5 {
        let found = try Checksum.ofContent(partial.path, limit: file.bytes, remedy: "removed")
        if found != expected {
          throw DownloadError(.content, "\(url.absoluteString): the content's md5 is \(found), expected \(expected)")
        }
      } else if let expected = file.packedMD5 {
        let found = try Checksum.ofFile(partial.path)
        if found != expected {
          throw DownloadError(.content, "\(url.absoluteString): the file's md5 is \(found), expected \(expected)")
        }
      }
    } catch let error as DownloadError {
      partial.remove()
      throw error
    } catch {
      partial.remove()
      throw DownloadError(
        .content,
        "\(url.absoluteString): expected gzip data of \(grouped(file.bytes)) bytes unpacked, found something else")
    }
  }

  /// Brings a file's bytes, across broken connections.
  private func transfer(
    _ file: DatasetDescription.File, from url: URL, to destination: String
  ) async throws -> (file: PartialFile, wasResumed: Bool) {
    let before = PartialFile.size(for: destination)
    var validator: String?
    var resumptionsLeft = resumptions
    while true {
      let offset = PartialFile.size(for: destination)
      let transfer = HTTPTransfer(
        url: url, destination: destination, offset: offset, validator: validator,
        sizeLimit: Int64(file.bytes + file.bytes / 64 + (1 << 16)), answerTimeout: answerTimeout,
        stallTimeout: stallTimeout
      ) { [progress] in progress?(file.name, $0, $1) }
      do {
        let partial = try await transfer.run()
        return (partial, before > 0)
      } catch let error as DownloadError {
        let size = PartialFile.size(for: destination)
        if offset > 0, size == 0 { continue }
        let broughtSomething = size > offset
        guard error.cause == .network, broughtSomething, resumptionsLeft > 0 else { throw error }
        resumptionsLeft -= 1
        validator = transfer.validator
      }
    }
  }
}
