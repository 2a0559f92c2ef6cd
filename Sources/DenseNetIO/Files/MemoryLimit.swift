import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The memory that this process can still get, and what bounds it.
public struct MemoryLimit: Sendable, Equatable {
  public let bytes: Int
  public let source: Source

  /// What bounds the memory of a process.
  public enum Source: Sendable {
    /// What the machine has.
    case machine
    /// A control group, such as a container's.
    case controlGroup
    /// The process's own limit, as `ulimit -v` sets it.
    case process
  }

  public init(bytes: Int, source: Source) { (self.bytes, self.source) = (bytes, source) }

  /// The narrowest of what the machine has, what the control groups around this process allow, and what is left of its
  /// own limit.
  public static var current: MemoryLimit {
    var limits = [MemoryLimit(bytes: Machine.current.memoryBytes, source: .machine)]
    #if os(Linux)
      let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
      if let bytes = controlGroupLimit(groups: groups, mount: "/sys/fs/cgroup") {
        limits.append(MemoryLimit(bytes: bytes, source: .controlGroup))
      }
    #endif
    if let bytes = leftOfAddressSpace() { limits.append(MemoryLimit(bytes: bytes, source: .process)) }
    return limits.min { $0.bytes < $1.bytes }!
  }

  /// The narrowest limit of the groups of a process and of those around them; nil where there is none.
  /// - Parameters:
  ///   - groups: lines of `number:controllers:path`, as `/proc/self/cgroup` holds them.
  ///   - mount: where the groups are folders: of version 2, or with a folder `memory` of version 1.
  static func controlGroupLimit(groups: String, mount: String) -> Int? {
    var limits: [Int] = []
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let (root, file): (String, String)
      if parts[1].isEmpty {
        (root, file) = (mount, "memory.max")
      } else if parts[1].split(separator: ",").contains("memory") {
        (root, file) = (mount + "/memory", "memory.limit_in_bytes")
      } else {
        continue
      }
      // In a container the path may be that outside of it, where there is nothing here: then the root is its own.
      var names = parts[2].split(separator: "/").filter { $0 != ".." }
      while true {
        let path = ([root] + names.map(String.init) + [file]).joined(separator: "/")
        if let text = try? String(contentsOfFile: path, encoding: .utf8),
          let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), limit > 0
        {
          limits.append(limit)
        }
        if names.popLast() == nil { break }
      }
    }
    return limits.min()
  }

  /// What is left of the address space that the process may have, in bytes; nil where there is no limit.
  private static func leftOfAddressSpace() -> Int? {
    guard let limit = addressSpace else { return nil }
    #if os(Linux)
      // The first number is the size of the address space in pages.
      let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
      let pages = text.split(separator: " ").first.flatMap { Int($0) } ?? 0
      return max(0, limit - pages * sysconf(Int32(_SC_PAGESIZE)))
    #else
      return limit
    #endif
  }

  /// The address space that this process may have in all, in bytes; nil where there is no limit.
  public static var addressSpace: Int? {
    var limits = rlimit()
    #if canImport(Glibc)
      let kind = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
      let kind = RLIMIT_AS
    #endif
    guard getrlimit(kind, &limits) == 0, limits.rlim_cur < 1 << 60 else { return nil }
    return Int(limits.rlim_cur)
  }
}
