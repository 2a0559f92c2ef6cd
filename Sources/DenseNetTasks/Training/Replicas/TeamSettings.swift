import DenseNetData
import DenseNets
import Foundation

/// What all replicas must have alike, and what should be said where they differ.
struct TeamSettings {
  private let values: [String: String]
  private let instructionSet: String

  init(_ setup: TrainingSetup) {
    var values = setup.fingerprint.settings
    values[RunFingerprint.instructionSetKey] = nil
    values["version"] = setup.options.program?.version
    values["batch_norm"] = setup.options.batchNorm.rawValue
    self.values = values
    instructionSet = setup.device.instructionSet.rawValue
  }

  /// - Returns: what a person should know.
  /// - Throws: `Failure(.usage)` on all replicas, where one has other settings or data than the first.
  func compare(among replicas: any Replicas) throws -> [String] {
    let own = try JSONEncoder().encode(values)
    let all = try replicas.gather(String(decoding: own, as: UTF8.self)).map {
      try JSONDecoder().decode([String: String].self, from: Data($0.utf8))
    }
    for (rank, other) in all.enumerated() {
      let keys = Set(other.keys).union(all[0].keys).sorted()
      guard let key = keys.first(where: { other[$0] != all[0][$0] }) else { continue }
      let (expected, found) = (RunFingerprint.value(all[0], key), RunFingerprint.value(other, key))
      throw Failure(
        .usage,
        "\(replicas.name(of: rank)): \(key): expected \(expected) as \(replicas.name(of: 0)) has, found \(found); start all ranks with one command line, on the same images, with one version of the program"
      )
    }
    let sets = replicas.gather(instructionSet)
    guard let other = sets.firstIndex(where: { $0 != sets[0] }) else { return [] }
    return [
      "\(replicas.name(of: other)) computes with \(sets[other]), \(replicas.name(of: 0)) with \(sets[0]): results are those of this mixture"
    ]
  }
}
