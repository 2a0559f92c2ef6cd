import Foundation
import Testing

@testable import DenseNetIO

@Suite struct MemoryLimitTests {
  private let mount = FileManager.default.temporaryDirectory.appendingPathComponent("groups-\(UUID().uuidString)")

  private func write(_ path: String, _ text: String) throws {
    let url = mount.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func limit(_ groups: String) -> Int? {
    MemoryLimit.controlGroupLimit(groups: groups, mount: mount.path)
  }

  @Test func theNarrowestOfNestedGroupsCounts() throws {
    defer { try? FileManager.default.removeItem(at: mount) }
    try write("user.slice/memory.max", "3000\n")
    try write("user.slice/job/memory.max", "max\n")
    try write("user.slice/job/step/memory.max", "5000\n")
    #expect(limit("0::/user.slice/job/step\n") == 3000)
    #expect(limit("0::/user.slice/job\n") == 3000)
    #expect(limit("0::/other\n") == nil)
  }

  @Test func bothVersionsAreRead() throws {
    defer { try? FileManager.default.removeItem(at: mount) }
    try write("memory/docker/memory.limit_in_bytes", "4096\n")
    try write("memory/memory.limit_in_bytes", "9223372036854771712\n")
    try write("memory.max", "9000\n")
    #expect(limit("5:cpu,memory:/docker\n4:pids:/docker\n0::/\n") == 4096)
    // In a container: the path is that of the host.
    #expect(limit("5:memory:/kubepods/pod7\n") == 9_223_372_036_854_771_712)
    #expect(limit("0::/../..\n") == 9000)
    #expect(limit("no line of a group\n") == nil && limit("") == nil)
  }

  @Test func thisProcessHasSome() {
    let current = MemoryLimit.current
    #expect(current.bytes > 0 && current.bytes <= Machine.current.memoryBytes)
  }
}
