import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct AtomicFileTests {
  @Test func replacesAFileAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.json")
      try AtomicFile.write(Data("one".utf8), to: url)
      try AtomicFile.write(Data("two, longer".utf8), to: url)
      try AtomicFile.write(Data(), to: folder.appendingPathComponent("empty"))
      #expect(try Data(contentsOf: url) == Data("two, longer".utf8))
      #expect(try contents(of: folder) == ["a.json", "empty"])
    }
  }

  @Test func aFailureRemovesTheTemporaryFile() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("taken")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      let thrown = failure { try AtomicFile.write(Data("x".utf8), to: url) }
      #expect(thrown?.kind == .inputOutput)
      #expect(thrown?.description.contains("a folder has that name: choose another name") == true)
      #expect(try contents(of: folder) == ["taken"])
    }
  }

  /// Those of writers that have ended, and nothing of another name.
  @Test func leftoversAreRemoved() throws {
    try withTemporaryFolder { folder in
      // No process has so great a number.
      let dead = [".step-00000004.safetensors.999999999.7.tmp", ".config.json.\(getpid()).4294967295.tmp"]
      let kept = [".a.1.tmp", ".a.json.1.5.tmp", ".a.json.x.5.tmp", "a.json.999999999.5.tmp", "a.tmp"]
      for name in dead + kept { try Data().write(to: folder.appendingPathComponent(name)) }
      AtomicFile.removeLeftovers(in: folder)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == kept.sorted())
    }
  }

  @Test func aMissingFolderIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("no/such/file")
      let thrown = failure { try AtomicFile.write(Data("x".utf8), to: url) }
      #expect(
        thrown
          == Failure(
            .inputOutput,
            "\(url.path): cannot be written: no such file or directory; check that the folder exists"))
    }
  }

  @Test func aFileInPlaceOfAFolderIsNamed() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: folder.appendingPathComponent("file"))
      let thrown = failure { try AtomicFile.write(Data("x".utf8), to: folder.appendingPathComponent("file/inside")) }
      #expect(thrown?.kind == .inputOutput)
      #expect(thrown?.description.contains("a part of the path is a file") == true)
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskIsReported() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let code = writeAll(Data("x".utf8), to: full.fileDescriptor)
    let message = systemFailure("be written", "runs/a/model.safetensors", code: code).description
    #expect(message.hasPrefix("runs/a/model.safetensors: cannot be written: no space left"))
    #expect(message.hasSuffix("; free some space on that disk or choose another folder"))
  }
}
