import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory of this process, as the operating system reports it.
public enum ProcessMemory {
  /// The largest resident set since the program began, in bytes; 0 where the system does not say.
  public static func peakResidentBytes() -> Int {
    // Linux carries `ru_maxrss` over `exec`, so that a small program started by a large one, `swift run` among them,
    // would report the large one's peak. `VmHWM` belongs to this program's own memory.
    status("VmHWM") ?? peakByResourceUsage()
  }

  /// The resident set now, in bytes; 0 where the system does not say.
  public static func residentBytes() -> Int { status("VmRSS") ?? 0 }

  /// A field of Linux's `/proc/self/status`, in bytes; nil where there is none.
  private static func status(_ field: String) -> Int? {
    #if os(Linux)
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(field):") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      return kibibytes * 1024
    #else
      return nil
    #endif
  }

  /// `ru_maxrss` counts KiB on Linux and bytes on Darwin.
  static func peakByResourceUsage() -> Int {
    var usage = rusage()
    #if canImport(Glibc)
      let who = Int32(RUSAGE_SELF.rawValue)
    #else
      let who = RUSAGE_SELF
    #endif
    guard getrusage(who, &usage) == 0 else { return 0 }
    #if canImport(Darwin)
      return Int(usage.ru_maxrss)
    #else
      return Int(usage.ru_maxrss) * 1024
    #endif
  }
}
