import DenseNets
import Foundation

/// What is done with an input: nothing but a line for a person, thrown, may come of bytes that are not what they should
/// be.
struct FuzzTarget: Sendable {
  let name: String
  let read: @Sendable ([UInt8]) throws -> Void

  init(_ name: String, _ read: @escaping @Sendable ([UInt8]) throws -> Void) { (self.name, self.read) = (name, read) }

  static let all = fileTargets + imageTargets + weightsTargets + tableTargets + jsonTargets + runTargets + serverTargets

  /// The target that the environment names in `FUZZ_TARGET`.
  static let chosen = all.first { $0.name == ProcessInfo.processInfo.environment["FUZZ_TARGET"] }
}

/// What libFuzzer calls at first: without a target, the program lists them.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafePointer<CInt>?, _ arguments: UnsafeRawPointer?) -> CInt {
  if FuzzTarget.chosen != nil { return 0 }
  print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
  exit(0)
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try FuzzTarget.chosen?.read([UInt8](UnsafeBufferPointer(start: start, count: count)))
  } catch {
    requireOneLine(error)
  }
  return 0
}

/// Ends the program where an error is none that a person can act upon.
private func requireOneLine(_ error: any Error) {
  let text: String
  switch error {
  case let failure as Failure:
    require(failure.kind != .internalError, "an internal error: \(failure)")
    text = failure.description
  case let other where isServiceError(other): text = "\(other)"
  default: fatalError("expected a Failure, found \(error)")
  }
  require(!text.isEmpty && !text.contains(where: \.isNewline), "expected one line, found: \(text)")
  require(text.count <= 1000, "expected at most 1,000 characters, found \(text.count): \(text)")
}

/// A condition that holds whatever the bytes are.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
