import DenseNets
import Foundation

/// How many threads each of several processes takes.
struct TeamThreads {
  /// For this process.
  let count: Int
  /// What a person should know, of all processes.
  let warnings: [String]

  /// - Parameter wanted: nil: the cores that this process may use, or where others on the machine may use the same, its
  ///   share of them.
  init(_ wanted: Int?, of replicas: any Replicas) {
    let cores = ProcessCores.allowed
    let rows = replicas.gather(cores.map(Float.init))
    let here = (0..<replicas.count).filter { replicas.host(of: $0) == replicas.host(of: replicas.rank) }
    let union = Set(here.flatMap { rows[$0] }).count
    count = wanted ?? max(1, min(cores.count, union / here.count))
    let threads = replicas.gather([Float(count)]).map { Int($0[0]) }
    var warnings: [String] = []
    if let rank = rows.indices.first(where: { !rows[$0].isEmpty && threads[$0] > rows[$0].count }) {
      let found = rows[rank].count
      warnings.append(
        "\(replicas.name(of: rank)): \(threads[rank]) threads share \(found) core\(found == 1 ? "" : "s"), all that the launcher lets it use; give it more (mpirun: bind-to none; srun: cpus-per-task), or ask for fewer threads"
      )
    }
    let usual = threads[0]
    if let other = threads.firstIndex(where: { $0 != usual }) {
      warnings.append(
        "\(replicas.name(of: other)) has \(threads[other]) threads, \(replicas.name(of: 0)) has \(usual): all go as fast as the slowest"
      )
    }
    self.warnings = warnings
  }
}

/// The cores that this process may run on.
enum ProcessCores {
  /// By number; empty where the system does not say.
  static var allowed: [Int] {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") })
    else { return Array(0..<Device.coreCount) }
    return parse(line.dropFirst("Cpus_allowed_list:".count))
  }

  /// - Parameter list: such as `0-3,8`.
  static func parse(_ list: some StringProtocol) -> [Int] {
    list.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }
}
