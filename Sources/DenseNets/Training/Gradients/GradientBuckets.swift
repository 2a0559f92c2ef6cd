/// Sums the gradients of replicas while the backward pass goes on: what it has finished is gathered until that is worth a
/// message, about a dense block, and its sum begun.
///
/// Each replica's gradients are its part of those of the whole batch's mean loss.
struct GradientBuckets {
  let replicas: any Replicas
  private var gathered: [Parameter] = []
  private var begun: [[Parameter]] = []

  /// Values that are worth a message: 256 KiB.
  private static let least = 1 << 16

  init(_ replicas: any Replicas) { self.replicas = replicas }

  /// These gradients are complete, and stay unchanged until ``finish()``.
  mutating func add(_ parameters: [Parameter]) {
    gathered += parameters
    if gathered.reduce(0, { $0 + $1.count }) >= Self.least { begin() }
  }

  private mutating func begin() {
    guard !gathered.isEmpty else { return }
    var values: [Float] = []
    values.reserveCapacity(gathered.reduce(0) { $0 + $1.count })
    for parameter in gathered { values += parameter.gradient.storage }
    replicas.beginSum(values)
    begun.append(gathered)
    gathered = []
  }

  /// Every gradient of the update was told; on return each is the sum over all replicas.
  mutating func finish() {
    begin()
    for (parameters, values) in zip(begun, replicas.finishSums()) {
      var first = 0
      for parameter in parameters {
        parameter.gradient.storage = Array(values[first..<first + parameter.count])
        first += parameter.count
      }
    }
    begun = []
  }

  /// Makes parameters the mean of all replicas', each of which counts for a weight.
  func average(_ parameters: [Parameter], weight: Double) {
    var values = parameters.flatMap { parameter in parameter.value.storage.map { Double($0) * weight } } + [weight]
    replicas.sum(&values)
    var first = 0
    for parameter in parameters {
      parameter.value.storage = values[first..<first + parameter.count].map { Float($0 / values.last!) }
      first += parameter.count
    }
  }
}
