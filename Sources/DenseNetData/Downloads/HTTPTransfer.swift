import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One request whose response is appended to a ``PartialFile``.
final class HTTPTransfer: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    var continuation: CheckedContinuation<PartialFile, any Error>?
    var isFinished = false
    var hasAnswer = false
    var ignoresBody = false
    var lastActivity = ContinuousClock.now
    var file: PartialFile?
    var received: Int64 = 0
    var expected: Int64?
    var validator: String?
  }

  private let url: URL
  private let destination: String
  private let offset: Int64
  private let requestValidator: String?
  private let sizeLimit: Int64
  private let answerTimeout: Double
  private let stallTimeout: Double
  private let progress: @Sendable (Int64, Int64?) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - offset: the bytes that the partial file holds; the request asks for what follows them.
  ///   - validator: the entity tag of those bytes, if known: where it has changed, everything is sent again.
  ///   - sizeLimit: the size beyond which the file cannot be the wanted one.
  init(
    url: URL, destination: String, offset: Int64, validator: String?, sizeLimit: Int64, answerTimeout: Double,
    stallTimeout: Double, progress: @escaping @Sendable (Int64, Int64?) -> Void
  ) {
    self.url = url
    self.destination = destination
    self.offset = offset
    self.requestValidator = validator
    self.sizeLimit = sizeLimit
    self.answerTimeout = answerTimeout
    self.stallTimeout = stallTimeout
    self.progress = progress
  }

  /// The entity tag of what the server sends.
  var validator: String? { state.withLock { $0.validator } }

  /// Sends the request and returns the file when its last byte has come.
  /// - Throws: ``DownloadError``, or `CancellationError` where the task is cancelled.
  func run() async throws -> PartialFile {
    let configuration = URLSessionConfiguration.ephemeral
    // The watchdog is stricter, and knows whether a response has come.
    configuration.timeoutIntervalForRequest = 2 * (answerTimeout + stallTimeout) + 10
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    defer { session.invalidateAndCancel() }
    let task = session.dataTask(with: request)
    let watchdog = Task { try await watch() }
    defer { watchdog.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        state.withLock {
          $0.continuation = continuation
          $0.lastActivity = .now
        }
        task.resume()
        if Task.isCancelled { finish(.failure(CancellationError())) }
      }
    } onCancel: {
      finish(.failure(CancellationError()))
    }
  }

  private var request: URLRequest {
    var request = URLRequest(url: url)
    // Byte ranges count the file's own bytes, so it must not be encoded.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 {
      request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range")
      if let requestValidator { request.setValue(requestValidator, forHTTPHeaderField: "If-Range") }
    }
    return request
  }

  /// Ends the transfer when the peer is silent for too long.
  private func watch() async throws {
    while true {
      try await Task.sleep(for: .milliseconds(50))
      let (silence, hasAnswer) = state.withLock { ((.now - $0.lastActivity) / .seconds(1), $0.hasAnswer) }
      let limit = hasAnswer ? stallTimeout : answerTimeout
      if silence > limit {
        let what = hasAnswer ? "no more bytes" : "no response"
        return fail(.network, "\(what) within \(limit == limit.rounded() ? "\(Int(limit))" : "\(limit)") seconds")
      }
    }
  }

  private func fail(_ cause: DownloadError.Cause, _ message: String) {
    finish(.failure(error(cause, message)))
  }

  /// Ends the transfer, once; what comes afterwards is dropped.
  private func finish(_ result: Result<PartialFile, any Error>) {
    let continuation = state.withLock { state -> CheckedContinuation<PartialFile, any Error>? in
      guard !state.isFinished, let continuation = state.continuation else { return nil }
      state.isFinished = true
      state.continuation = nil
      state.file = nil
      return continuation
    }
    continuation?.resume(with: result)
  }

  // MARK: URLSessionDataDelegate

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    do {
      try accept(response)
      completionHandler(.allow)
    } catch {
      finish(.failure(error))
      completionHandler(.cancel)
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let result = Result {
      try state.withLock { state throws -> (Int64, Int64?)? in
        guard !state.isFinished, !state.ignoresBody, let file = state.file else { return nil }
        state.lastActivity = .now
        try file.append(data)
        state.received += Int64(data.count)
        if state.received > sizeLimit {
          file.remove()
          throw error(.content, "expected at most \(grouped(Int(sizeLimit))) bytes, found more")
        }
        return (state.received, state.expected)
      }
    }
    switch result {
    case .success(let counts?): progress(counts.0, counts.1)
    case .success(nil): break
    case .failure(let error): finish(.failure(error))
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    if let error { return fail(.network, Self.reason(error)) }
    let (file, received, expected) = state.withLock { ($0.file, $0.received, $0.expected) }
    guard let file else { return fail(.network, "no response") }
    if let expected, received < expected {
      return fail(.network, "the connection ended after \(received) of \(expected) bytes")
    }
    finish(.success(file))
  }

  // MARK: The response

  /// A failure at this address, or, where no response came, at this host.
  private func error(_ cause: DownloadError.Cause, _ message: String) -> DownloadError {
    let host = url.host().map { host in url.port.map { "\(host):\($0)" } ?? host }
    return DownloadError(cause, "\(cause == .network ? host ?? url.absoluteString : url.absoluteString): \(message)")
  }

  /// Opens the partial file at the place where the response's bytes belong.
  private func accept(_ response: URLResponse) throws {
    guard let response = response as? HTTPURLResponse else { throw error(.network, "the response is not HTTP") }
    guard [200, 206, 416].contains(response.statusCode) else {
      throw error(.refused, "the server returned \(response.statusCode)")
    }
    let file = try PartialFile(for: destination)
    guard file.size == offset else {
      throw error(.local, "\(file.path) is being written by another process")
    }
    var start = offset
    var expected: Int64?
    switch response.statusCode {
    case 206:
      let range = ContentRange(response.value(forHTTPHeaderField: "Content-Range"))
      guard range.start == offset else {
        file.remove()
        throw error(.refused, "asked for bytes from \(offset), the server sent others")
      }
      expected = range.total
    case 416:
      guard ContentRange(response.value(forHTTPHeaderField: "Content-Range")).total == offset else {
        file.remove()
        throw error(.refused, "the server has fewer bytes than were received before")
      }
      expected = offset
    default:
      try file.clear()
      start = 0
      expected = response.value(forHTTPHeaderField: "Content-Length").flatMap { Int64($0) }
    }
    state.withLock { [start, expected] in
      $0.hasAnswer = true
      $0.ignoresBody = response.statusCode == 416
      $0.lastActivity = .now
      $0.file = file
      $0.received = start
      $0.expected = expected
      $0.validator = response.value(forHTTPHeaderField: "ETag").flatMap { $0.hasPrefix("W/") ? nil : $0 }
    }
    progress(start, expected)
  }

  /// A reason in a few words; Foundation's own text on Linux is longer than a line.
  private static func reason(_ error: any Error) -> String {
    guard let code = (error as? URLError)?.code else { return "\(error)" }
    switch code {
    case .cannotFindHost, .dnsLookupFailed: return "the host is unknown"
    case .cannotConnectToHost: return "no connection"
    case .notConnectedToInternet: return "no network"
    case .networkConnectionLost: return "the connection broke"
    case .timedOut: return "no response in time"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasUnknownRoot,
      .serverCertificateHasBadDate, .serverCertificateNotYetValid:
      return "no secure connection"
    default: return "the transfer failed (URL error \(code.rawValue))"
    }
  }
}

/// The header `Content-Range: bytes START-END/TOTAL`, or `bytes */TOTAL`.
struct ContentRange: Equatable {
  var start: Int64?
  var total: Int64?

  init(_ header: String?) {
    guard let header, header.lowercased().hasPrefix("bytes ") else { return }
    let parts = header.dropFirst(6).split(separator: "/")
    start = parts.first.flatMap { $0.split(separator: "-").first }.flatMap { Int64($0) }
    total = parts.count == 2 ? Int64(parts[1]) : nil
  }
}
