import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

@Suite struct EventWriterTests {
  /// The vectors of RFC 3720, appendix B.4, and the usual check value.
  @Test(
    arguments: [
      ([], 0), (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (Array(0..<32), 0x46dd_794e),
      (Array((0..<32).reversed()), 0x113f_db5c),
    ] as [([UInt8], UInt32)])
  func checksums(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
    #expect(CRC32C.masked(bytes) == (expected >> 15 | expected << 17) &+ 0xa282_ead8)
  }

  /// The events of a file, whose frames are checked byte by byte.
  private func events(_ url: URL) throws -> [TBEvent] {
    let bytes = [UInt8](try Data(contentsOf: url))
    func number(_ range: Range<Int>) -> Int { bytes[range].reversed().reduce(0) { $0 << 8 | Int($1) } }
    var events: [TBEvent] = []
    var position = 0
    while position < bytes.count {
      let length = number(position..<position + 8)
      #expect(number(position + 8..<position + 12) == Int(CRC32C.masked(bytes[position..<position + 8])))
      let content = position + 12..<position + 12 + length
      #expect(number(content.upperBound..<content.upperBound + 4) == Int(CRC32C.masked(bytes[content])))
      events.append(try TBEvent(serializedBytes: Data(bytes[content])))
      position = content.upperBound + 4
    }
    return events
  }

  private func files(in folder: URL) throws -> [URL] {
    try contents(of: folder).map { folder.appendingPathComponent($0) }
  }

  @Test func writesPointsAndSettings() throws {
    try withTemporaryFolder { folder in
      let writer = try EventWriter(in: folder, clock: { Date(timeIntervalSince1970: 1_700_000_000.5) })
      try writer.append(settings: [("lr", "0.1"), ("a|b", "1\n2")])
      try writer.append(.train(epoch: 0.2, step: 47, loss: 1.25, accuracy: 0.5, learningRate: 0.1))
      try writer.append(
        .epoch(
          epoch: 1, step: 235, trainLoss: 1, trainAccuracy: 0.8, testLoss: nil, testAccuracy: 0.75,
          examplesPerSecond: 100, waitingShare: 0.25, seconds: 600.5))
      let file = try #require(try files(in: folder).first)
      #expect(
        file.lastPathComponent.wholeMatch(of: /events\.out\.tfevents\.1700000000\.[A-Za-z0-9-]+\.\d+\.0/) != nil)
      let events = try events(file)
      #expect(events.count == 4 && events.allSatisfy { $0.wallTime == 1_700_000_000.5 })
      #expect(events[0].fileVersion == "brain.Event:2")
      let text = events[1].summary.value[0]
      #expect(text.tag == "settings" && text.metadata.pluginData.pluginName == "text")
      #expect(
        text.tensor.stringVal.map { String(decoding: $0, as: UTF8.self) }
          == ["| setting | value |\n|---|---|\n| lr | 0.1 |\n| a\\|b | 1 2 |\n"])
      func scalars(_ event: TBEvent) -> [String: Float] {
        Dictionary(uniqueKeysWithValues: event.summary.value.map { ($0.tag, $0.simpleValue) })
      }
      #expect(events[2].step == 47 && events[3].step == 235)
      #expect(scalars(events[2])["train/loss"] == 1.25 && scalars(events[2])["train/accuracy"] == 0.5)
      #expect(scalars(events[3])["test/loss"] == nil && scalars(events[3])["test/accuracy"] == 0.75)
      #expect(scalars(events[3])["examples_per_second"] == 100)
    }
  }

  @Test func aResumedRunGetsALaterFile() throws {
    try withTemporaryFolder { folder in
      let clock: @Sendable () -> Date = { Date(timeIntervalSince1970: 1_700_000_000) }
      for step in [nil, 10, 20] { _ = try EventWriter(in: folder, resumedStep: step, clock: clock) }
      let files = try files(in: folder)
      #expect(
        files.map { $0.lastPathComponent.split(separator: ".")[3] } == ["1700000000", "1700000001", "1700000002"])
      let starts = try files.map { try events($0).filter { $0.sessionLog.status == .start }.map(\.step) }
      #expect(starts == [[], [11], [21]])
    }
  }

  @Test func otherFilesInTheFolderAreNoHindrance() throws {
    try withTemporaryFolder { folder in
      for name in ["events.out.tfevents.x.y", "events.out.tfevents.99999999999999999999.h.1.0", "events.out.tfevents."]
      {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      _ = try EventWriter(in: folder, clock: { Date(timeIntervalSince1970: 1_700_000_000) })
      #expect(try contents(of: folder).filter { $0.hasPrefix("events.out.tfevents.1700000000.") }.count == 1)
    }
  }

  @Test func wantsAFolder() {
    #expect(failure { _ = try EventWriter(in: URL(fileURLWithPath: "/nowhere")) }?.kind == .inputOutput)
  }
}
