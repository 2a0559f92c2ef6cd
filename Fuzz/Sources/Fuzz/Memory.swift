import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Fills memory that a function gets with a byte of its own, so that results which depend on what was there before differ
/// from one byte to another.
///
/// The address sanitizer calls a hook for each allocation; without that sanitizer, memory stays as it is.
enum Memory {
  nonisolated(unsafe) private static var filler: Int32?

  private static let hook: Bool = {
    typealias AllocationHook = @convention(c) (UnsafeMutableRawPointer?, Int) -> Void
    typealias FreeHook = @convention(c) (UnsafeMutableRawPointer?) -> Void
    typealias Install = @convention(c) (AllocationHook, FreeHook) -> CInt
    guard let symbol = dlsym(nil, "__sanitizer_install_malloc_and_free_hooks") else { return false }
    let install = unsafeBitCast(symbol, to: Install.self)
    // Larger memory comes from the system, and calloc relies on its zeros.
    return install({ if let byte = Memory.filler, $1 <= 1 << 17, let start = $0 { memset(start, byte, $1) } }, { _ in })
      != 0
  }()

  static func filled<Result>(with byte: UInt8, _ body: () throws -> Result) rethrows -> Result {
    _ = hook
    filler = Int32(byte)
    defer { filler = nil }
    return try body()
  }
}
