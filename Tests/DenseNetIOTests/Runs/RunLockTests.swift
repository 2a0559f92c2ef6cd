import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct RunLockTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("densenet lock \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func isLocked(_ folder: URL) -> Bool {
    do {
      _ = try RunLock(folder)
      return false
    } catch { return error.kind == .inputOutput && error.description.contains("(\(getpid()))") }
  }

  @Test func oneAtATime() throws {
    try withFolder { folder in
      var lock: RunLock? = try RunLock(folder)
      #expect(lock?.warning == nil && isLocked(folder))
      lock?.release()
      #expect(!isLocked(folder))
      lock = try RunLock(folder)
      #expect(isLocked(folder))
      lock = nil
      #expect(!isLocked(folder))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }

  /// A file that a killed process left.
  @Test func aFileWithoutAnOwnerIsTakenOver() throws {
    try withFolder { folder in
      try Data("999999\n".utf8).write(to: folder.appendingPathComponent(RunLock.fileName))
      let lock = try RunLock(folder)
      #expect(isLocked(folder))
      lock.release()
      lock.release()
      #expect(!isLocked(folder))
    }
  }

  /// Whatever is to be written there says what is wrong.
  @Test func aFolderThatCannotBeWrittenHasNone() throws {
    let lock = try RunLock(URL(fileURLWithPath: "/nowhere/at all"))
    #expect(lock.warning == nil)
  }

  /// Many at once, one after the other: never two owners.
  @Test func manyAtOnce() throws {
    try withFolder { folder in
      let owners = Owners()
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        for _ in 0..<200 {
          guard let lock = try? RunLock(folder) else { continue }
          owners.enter()
          owners.leave()
          lock.release()
        }
      }
      #expect(owners.most == 1)
    }
  }

  private final class Owners: @unchecked Sendable {
    private let lock = NSLock()
    private var present = 0
    private(set) var most = 0

    func enter() {
      lock.withLock {
        present += 1
        most = max(most, present)
      }
    }

    func leave() { lock.withLock { present -= 1 } }
  }
}
