import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// What the system refuses, in its own words and with a remedy that helps.
@Suite struct InputFileTests {
  @Test(arguments: [
    (EMFILE, Failure.Kind.inputOutput, ["Too many open files", "ulimit -n"]),
    (ENFILE, .inputOutput, ["Too many open files in system", "end other programs"]),
    (EACCES, .inputOutput, ["Permission denied", "check its permissions"]),
    (ELOOP, .inputOutput, ["lead back to themselves"]), (ENAMETOOLONG, .inputOutput, ["choose a shorter name"]),
    (EIO, .inputOutput, ["the disk or the network fails"]), (ESTALE, .inputOutput, ["mount it again"]),
    (ENOMEM, .inputOutput, ["free some memory"]), (EISDIR, .inputOutput, ["expected a file, found a folder"]),
    (ENOENT, .missingInput, ["no such file; check the path"]),
    (ENOTDIR, .missingInput, ["a part of the path is a file"]),
    (EINVAL, .inputOutput, ["Invalid argument"]),
  ])
  func namesTheCause(_ code: Int32, _ kind: Failure.Kind, _ parts: [String]) {
    let failure = Failure.unreadable("a/b", code: code)
    #expect(failure.kind == kind && failure.description.hasPrefix("a/b: "))
    for part in parts { #expect(failure.description.contains(part), "\(failure)") }
    #expect(failure.description.contains("permissions") == (code == EACCES))
    #expect(failure.isShortage == [EMFILE, ENFILE, ENOMEM].contains(code))
  }

  @Test func tellsOfLinks() async throws {
    try await withTemporaryFolder { folder in
      for (name, target) in [("dangling.png", "absent"), ("round", "round")] {
        try FileManager.default.createSymbolicLink(atPath: folder + "/" + name, withDestinationPath: target)
      }
      try write([1], to: folder + "/file")
      await expectFailure(.missingInput, mentions: ["/dangling.png: is a link to absent, which is not there"]) {
        try DecodedImage(contentsOf: folder + "/dangling.png")
      }
      await expectFailure(.inputOutput, mentions: ["/round: cannot be read", "lead back to themselves"]) {
        try DecodedImage(contentsOf: folder + "/round")
      }
      await expectFailure(.missingInput, mentions: ["/file/x: no such file, since a part of the path is a file"]) {
        try DecodedImage(contentsOf: folder + "/file/x")
      }
      await expectFailure(.missingInput, mentions: ["is a link to absent"]) {
        try ImageSource.folder(folder + "/dangling.png").splits()
      }
      await expectFailure(.inputOutput, mentions: ["File name too long", "choose a shorter name"]) {
        try DecodedImage(contentsOf: folder + "/" + String(repeating: "x", count: 300))
      }
    }
  }

  /// In a process of its own, whose limit no other test meets.
  @Test func tellsOfTooManyOpenFiles() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit()
      #if canImport(Glibc)
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      #else
        let files = RLIMIT_NOFILE
      #endif
      guard getrlimit(files, &limit) == 0 else { exit(2) }
      // The lowest free descriptor, which the next file would have.
      let free = dup(0)
      close(free)
      limit.rlim_cur = rlim_t(free)
      guard setrlimit(files, &limit) == 0 else { exit(3) }
      func isNamed(_ body: () throws -> Void) -> Bool {
        do { try body() } catch {
          return (error as? Failure)?.description.contains("(Too many open files); let this program open more") == true
        }
        return false
      }
      guard isNamed({ _ = try InputFile("/etc/passwd") }), isNamed({ _ = try FolderListing("/") }) else { exit(4) }
      exit(0)
    }
  }
}
