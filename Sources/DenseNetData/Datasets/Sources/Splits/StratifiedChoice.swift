/// Some of a number of labelled images, of each class as large a part as of all.
package struct StratifiedChoice {
  private let members: [[Int]]
  private let seed: UInt64

  package init(labels: [Int32], classes: Int, seed: UInt64) {
    var members = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    (self.members, self.seed) = (members, seed)
  }

  /// The chosen images, in their own order. Of fewer images than classes, the largest classes have one.
  package func indices(_ n: Int) -> [Int] {
    let quotas = quotas(n)
    return members.indices.flatMap { label in
      var draws = RandomDraws(seed: seed, purpose: .limit, epoch: 0, number: label)
      return draws.permutation(members[label].count).prefix(quotas[label]).map { members[label][$0] }
    }.sorted()
  }

  /// By the largest remainders (Hamilton's method), with one for each class where there are as many.
  private func quotas(_ n: Int) -> [Int] {
    let total = members.reduce(0) { $0 + $1.count }
    let least = members.count { !$0.isEmpty } <= n ? 1 : 0
    let exact = members.map { Double(n) * Double($0.count) / Double(max(total, 1)) }
    var quotas = zip(exact, members).map { share, own in min(own.count, max(own.isEmpty ? 0 : least, Int(share))) }
    while quotas.reduce(0, +) < n {
      let open = members.indices.filter { quotas[$0] < members[$0].count }
      // Of equal ones, the first.
      guard let next = open.max(by: { exact[$0] - Double(quotas[$0]) < exact[$1] - Double(quotas[$1]) }) else { break }
      quotas[next] += 1
    }
    while quotas.reduce(0, +) > n {
      let open = members.indices.filter { quotas[$0] > least }
      guard let next = open.min(by: { exact[$0] - Double(quotas[$0]) < exact[$1] - Double(quotas[$1]) }) else { break }
      quotas[next] -= 1
    }
    return quotas
  }
}
