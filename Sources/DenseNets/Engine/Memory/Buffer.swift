#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Memory for kernels: zero at first, aligned to a cache line, freed with its last reference.
///
/// Kernels on several threads write disjoint parts of one buffer; that they are disjoint is the caller's promise.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  let count: Int
  /// For the kernels alone (`Engine/CPU`), as is ``pointer(_:)``: nothing else holds raw pointers.
  let base: UnsafeMutablePointer<Element>
  private let bytes: Int

  init(_ count: Int) {
    precondition(count >= 0)
    if exactMemory {
      bytes = 0
      var memory: UnsafeMutableRawPointer?
      let wanted = max(1, count * MemoryLayout<Element>.stride)
      guard posix_memalign(&memory, 64, wanted) == 0, let memory else {
        OutOfMemory.end(requested: wanted)
      }
      memset(memory, 0, wanted)
      self.count = count
      base = memory.bindMemory(to: Element.self, capacity: count)
      return
    }
    // Whole pages straight from the system: zero without a write, and huge where it can be.
    bytes = max(4096, (count * MemoryLayout<Element>.stride + 4095) / 4096 * 4096)
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | mapAnonymous, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
      OutOfMemory.end(requested: bytes)
    }
    #if os(Linux)
      if bytes >= 1 << 22 { madvise(memory, bytes, 14) }  // MADV_HUGEPAGE
    #endif
    self.count = count
    base = memory.bindMemory(to: Element.self, capacity: count)
  }

  deinit {
    if bytes == 0 { free(base) } else { munmap(base, bytes) }
  }

  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  func fill(_ value: Element, in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Makes every bit of these elements zero.
  func clear(_ range: Range<Int>) { memset(pointer(range), 0, range.count * MemoryLayout<Element>.stride) }

  func pointer(_ range: Range<Int>) -> UnsafeMutablePointer<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is outside of 0..<\(count)")
    return base + range.lowerBound
  }
}

/// Whether buffers end where their elements do (`DENSENET_EXACT_MEMORY` is set), so that the address sanitizer sees every
/// step beyond them; else they are whole pages.
let exactMemory = getenv("DENSENET_EXACT_MEMORY") != nil

#if os(Linux)
  private let mapAnonymous = MAP_ANONYMOUS
#else
  private let mapAnonymous = MAP_ANON
#endif
