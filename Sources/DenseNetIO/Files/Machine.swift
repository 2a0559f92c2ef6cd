import Foundation

#if canImport(Darwin)
  import Darwin
#endif

/// The machine that a run was made on, for `config.json`.
public struct Machine: Sendable, Equatable, Codable {
  /// The processor's name, as its maker gives it.
  public var processor: String
  /// Logical processors that this process may use.
  public var logicalProcessors: Int
  /// Physical memory in bytes.
  public var memoryBytes: Int
  /// The operating system and its version.
  public var operatingSystem: String
  /// The instruction-set architecture: `x86_64` or `arm64`.
  public var architecture: String

  enum CodingKeys: String, CodingKey {
    case processor
    case logicalProcessors = "logical_processors"
    case memoryBytes = "memory_bytes"
    case operatingSystem = "operating_system"
    case architecture
  }

  /// This machine.
  public static var current: Machine {
    let process = ProcessInfo.processInfo
    return Machine(
      processor: processorName() ?? "unknown", logicalProcessors: process.activeProcessorCount,
      memoryBytes: Int(clamping: process.physicalMemory), operatingSystem: operatingSystemName(),
      architecture: architectureName)
  }
}

private var architectureName: String {
  #if arch(x86_64)
    "x86_64"
  #elseif arch(arm64)
    "arm64"
  #else
    "other"
  #endif
}

#if canImport(Darwin)
  private func processorName() -> String? {
    var size = 0
    guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return nil }
    var name = [UInt8](repeating: 0, count: size)
    guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  }

  private func operatingSystemName() -> String {
    "macOS " + ProcessInfo.processInfo.operatingSystemVersionString
  }
#else
  private func processorName() -> String? {
    field("model name", of: "/proc/cpuinfo", separator: ":")
  }

  private func operatingSystemName() -> String {
    field("PRETTY_NAME", of: "/etc/os-release", separator: "=") ?? ProcessInfo.processInfo.operatingSystemVersionString
  }

  /// The first value of a key in a file of `key separator value` lines.
  private func field(_ key: String, of path: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: separator, maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
      return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
    return nil
  }
#endif
