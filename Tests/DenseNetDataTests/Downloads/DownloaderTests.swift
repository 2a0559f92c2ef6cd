import Foundation
import Synchronization
import Testing

@testable import DenseNetData

@Suite struct DownloaderTests {
  /// Bytes that do not get smaller by compression.
  private static let content = {
    var generator = Xoshiro256(seed: 1, stream: 0)
    return (0..<200_000).map { _ in UInt8(generator.next(below: 256)) }
  }()
  private static let packed = gzip(content)
  private let file = DatasetDescription.File(name: "file.gz", md5: md5(content), bytes: content.count)
  private let downloader = Downloader(answerTimeout: 1, stallTimeout: 0.5)

  /// Downloads from a server, expects the right file, and gives back the requests that it took.
  @discardableResult
  private func download(
    partial: [UInt8]? = nil, downloader: Downloader? = nil,
    _ answer: @escaping @Sendable (TestServer.Request) -> TestServer.Reply
  ) async throws -> [TestServer.Request] {
    try await withTemporaryFolder { folder in
      try await withServer(answer) { server in
        let path = folder + "/cache/file.gz"
        if let partial { try write(partial, to: path + ".part") }
        try await (downloader ?? self.downloader).download(file, from: [server.url], to: path)
        let found = try [UInt8](Data(contentsOf: URL(filePath: path)))
        #expect(found == Self.packed || found == Self.content)
        #expect(!FileManager.default.fileExists(atPath: path + ".part"))
        return server.requests
      }
    }
  }

  /// Expects a download to fail, leaving no file; gives back the size of what is kept to go on from.
  private func expectError(
    _ cause: DownloadError.Cause, partial: [UInt8]? = nil, mentions: String,
    _ answer: @escaping @Sendable (TestServer.Request) -> TestServer.Reply
  ) async throws -> Int64 {
    try await withTemporaryFolder { folder in
      try await withServer(answer) { server in
        let path = folder + "/file.gz"
        if let partial { try write(partial, to: path + ".part") }
        let error = await #expect(throws: DownloadError.self) {
          try await downloader.download(file, from: [server.url], to: path)
        }
        #expect(error?.cause == cause, "\(error?.message ?? "")")
        #expect(error?.message.contains(mentions) == true, "\(error?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: path))
        return PartialFile.size(for: path)
      }
    }
  }

  @Test func wholeFile() async throws {
    let requests = try await download { _ in .init(content: Self.packed) }
    #expect(requests.map(\.path) == ["/file.gz"])
    #expect(requests[0].headers["range"] == nil)
  }

  @Test func withoutALength() async throws {
    try await download { _ in .init(content: Self.packed, tellsLength: false) }
  }

  @Test func unpackedOnTheWay() async throws {
    try await download { _ in .init(content: Self.content) }
  }

  @Test func redirection() async throws {
    let requests = try await download { request in
      request.path == "/file.gz" ? .init(status: 302, location: "/elsewhere.gz") : .init(content: Self.packed)
    }
    #expect(requests.map(\.path) == ["/file.gz", "/elsewhere.gz"])
  }

  @Test func goesOnWhereTheConnectionBroke() async throws {
    let requests = try await download { request in
      .init(content: Self.packed, entityTag: "\"1\"", cutAfter: (request.rangeStart ?? 0) < 90_000 ? 50_000 : nil)
    }
    #expect(requests.map(\.rangeStart) == [nil, 50_000, 100_000])
    #expect(requests.map { $0.headers["if-range"] } == [nil, "\"1\"", "\"1\""])
  }

  @Test func goesOnWhereAnEarlierRunEnded() async throws {
    let requests = try await download(partial: Array(Self.packed[..<70_000])) { _ in .init(content: Self.packed) }
    #expect(requests.map(\.rangeStart) == [70_000])
  }

  @Test func earlierRunHadItAll() async throws {
    let requests = try await download(partial: Self.packed) { _ in .init(content: Self.packed) }
    #expect(requests.map(\.rangeStart) == [Self.packed.count])
  }

  @Test func earlierRunHadSomethingElse() async throws {
    let noise = [UInt8](repeating: 7, count: 60_000)
    let requests = try await download(partial: noise) { _ in .init(content: Self.packed) }
    #expect(requests.map(\.rangeStart) == [60_000, nil])
    let tooLong = [UInt8](repeating: 7, count: Self.packed.count + 1)
    let again = try await download(partial: tooLong) { _ in .init(content: Self.packed) }
    #expect(again.map(\.rangeStart) == [Self.packed.count + 1, nil])
  }

  @Test func serverIgnoresRanges() async throws {
    let requests = try await download(partial: Array(Self.packed[..<70_000])) { _ in
      .init(content: Self.packed, honoursRanges: false)
    }
    #expect(requests.count == 1)
  }

  @Test func fileChangesBetweenTwoAttempts() async throws {
    let count = Atomic(0)
    try await download { _ in
      count.wrappingAdd(1, ordering: .relaxed).newValue == 1
        ? .init(content: [UInt8](repeating: 1, count: 100_000), entityTag: "\"old\"", cutAfter: 30_000)
        : .init(content: Self.packed, entityTag: "\"new\"")
    }
  }

  @Test func slowPeerIsGivenTime() async throws {
    let slow = Array(gzip([UInt8](repeating: 3, count: 6_000_000)))
    let file = DatasetDescription.File(
      name: "slow.gz", md5: md5([UInt8](repeating: 3, count: 6_000_000)), bytes: 6_000_000)
    try await withTemporaryFolder { folder in
      try await withServer({ _ in .init(content: slow, pause: 0.2) }) { server in
        try await downloader.download(file, from: [server.url], to: folder + "/slow.gz")
      }
    }
  }

  @Test func silentPeerIsGivenUp() async throws {
    let clock = ContinuousClock()
    let time = try await clock.measure {
      let kept = try await expectError(.network, mentions: "no response") { _ in
        .init(content: Self.packed, stallAfter: -1)
      }
      #expect(kept == 0)
    }
    #expect(time < .seconds(30))
  }

  @Test func stalledPeerIsGivenUpAndItsBytesKept() async throws {
    let kept = try await expectError(.network, mentions: "no more bytes within 0.5 seconds") { request in
      .init(content: Self.packed, stallAfter: request.rangeStart == nil ? 40_000 : 0)
    }
    #expect(kept == 40_000)
  }

  @Test func brokenConnectionsEndAtLast() async throws {
    let kept = try await expectError(.network, mentions: "127.0.0.1") { _ in
      .init(content: Self.packed, cutAfter: 10_000)
    }
    #expect(kept == 40_000)
  }

  @Test func nobodyListens() async throws {
    let clock = ContinuousClock()
    let server = try TestServer { _ in .init() }
    server.stop()
    try await withTemporaryFolder { folder in
      let time = await clock.measure {
        let error = await #expect(throws: DownloadError.self) {
          try await downloader.download(file, from: [server.url], to: folder + "/file.gz")
        }
        #expect(error?.cause == .network)
      }
      #expect(time < .seconds(30))
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test(arguments: [403, 404, 500, 503])
  func refusal(status: Int) async throws {
    let kept = try await expectError(.refused, mentions: "the server returned \(status)") { _ in
      .init(status: status, content: Array("<html>".utf8))
    }
    #expect(kept == 0)
  }

  @Test func refusalKeepsWhatCameBefore() async throws {
    let kept = try await expectError(.refused, partial: [1, 2, 3], mentions: "404") { _ in .init(status: 404) }
    #expect(kept == 3)
  }

  @Test func wrongContentIsRemoved() async throws {
    for content in [gzip([1, 2, 3]), Array("<!DOCTYPE html>".utf8), Array(Self.packed[..<1000]), []] {
      #expect(try await expectError(.content, mentions: "file.gz") { _ in .init(content: content) } == 0)
    }
  }

  @Test func endlessContentIsStopped() async throws {
    let kept = try await expectError(.content, mentions: "found more") { _ in
      .init(content: [UInt8](repeating: 0, count: 3_000_000), tellsLength: false)
    }
    #expect(kept == 0)
  }

  @Test func mirrorsAreTriedInOrder() async throws {
    try await withTemporaryFolder { folder in
      try await withServer({ $0.path.hasPrefix("/good/") ? .init(content: Self.packed) : .init(status: 404) }) {
        let mirrors = [$0.url.appending(path: "bad"), $0.url.appending(path: "good"), $0.url.appending(path: "unused")]
        try await downloader.download(file, from: mirrors, to: folder + "/file.gz")
        #expect($0.requests.map(\.path) == ["/bad/file.gz", "/good/file.gz"])
      }
    }
  }

  @Test func nextMirrorGoesOn() async throws {
    let half = Self.packed.count / 2
    try await withTemporaryFolder { folder in
      try await withServer({
        .init(content: Self.packed, stallAfter: $0.path.hasPrefix("/bad/") ? max(half - ($0.rangeStart ?? 0), 0) : nil)
      }) {
        let mirrors = [$0.url.appending(path: "bad"), $0.url.appending(path: "good")]
        try await downloader.download(file, from: mirrors, to: folder + "/file.gz")
        #expect($0.requests.map(\.rangeStart) == [nil, half, half])
      }
    }
  }

  @Test func progressCountsUp() async throws {
    let calls = Mutex<[(String, Int64, Int64?)]>([])
    var watched = downloader
    watched.progress = { name, received, expected in calls.withLock { $0.append((name, received, expected)) } }
    try await download(partial: Array(Self.packed[..<70_000]), downloader: watched) { _ in .init(content: Self.packed) }
    let seen = calls.withLock { $0 }
    #expect(seen.allSatisfy { $0.0 == "file.gz" && $0.2 == Int64(Self.packed.count) })
    #expect(seen.first?.1 == 70_000)
    #expect(seen.last?.1 == Int64(Self.packed.count))
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.1 <= $1.1 })
  }

  @Test func oneProcessWritesAtATime() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/file.gz"
      let other = try PartialFile(for: path)
      try await withServer({ _ in .init(content: Self.packed) }) { server in
        let error = await #expect(throws: DownloadError.self) {
          try await downloader.download(file, from: [server.url], to: path)
        }
        #expect(error?.cause == .local)
        withExtendedLifetime(other) {}
      }
    }
  }

  @Test func folderThatCannotBeMade() async throws {
    try await withTemporaryFolder { folder in
      try write([], to: folder + "/occupied")
      try await withServer({ _ in .init(content: Self.packed) }) { server in
        let error = await #expect(throws: DownloadError.self) {
          try await downloader.download(file, from: [server.url], to: folder + "/occupied/file.gz")
        }
        #expect(error?.cause == .local)
      }
    }
  }

  @Test func cancellation() async throws {
    try await withTemporaryFolder { folder in
      try await withServer({ _ in .init(content: Self.packed, stallAfter: -1) }) { server in
        let patient = Downloader(answerTimeout: 60)
        let task = Task { try await patient.download(file, from: [server.url], to: folder + "/file.gz") }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let clock = ContinuousClock()
        let time = await clock.measure { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(time < .seconds(30))
      }
    }
  }

  @Test func readsContentRanges() {
    #expect(ContentRange("bytes 5-9/10").start == 5)
    #expect(ContentRange("bytes 5-9/10").total == 10)
    #expect(ContentRange("bytes */10").start == nil)
    #expect(ContentRange("bytes */10").total == 10)
    #expect(ContentRange("bytes 5-9/*").total == nil)
    for header in [nil, "", "bytes", "bytes ", "items 1-2/3", "bytes /", "bytes -/"] {
      #expect(ContentRange(header).start == nil)
      #expect(ContentRange(header).total == nil)
    }
  }
}
