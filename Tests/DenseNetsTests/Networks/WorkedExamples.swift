@testable import DenseNets

/// Of a channel's values.
private func moments(_ x: [Double]) -> (mean: Double, variance: Double) {
  let mean = x.reduce(0, +) / Double(x.count)
  return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count))
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Two layers that read one pixel at a time.
struct FusedBlockExample {
  let x0: [Double] = [11, 6, 9, 12, 11, 11]
  let g0: [Double] = [1, 0, 2, 0, -1, 1]
  let g1: [Double] = [1, 2, 0, 4, -1, -3]
  let g2: [Double] = [1, 2, -1, 6, -2, 1]
  /// γ, β and the filter's middle tap of each layer's channels, and the bias.
  let readers: [[(gamma: Double, beta: Double, tap: Double)]] = [[(4, -1, 1)], [(2, 0.5, 1), (1, 0.25, -1)]]
  let biases: [Double] = [2, 1]

  /// A layer's batch norm, ReLU and filter tap on one channel.
  private struct Reader {
    let gamma: Double
    let beta: Double
    let tap: Double
    let x: [Double]
    var mean: Double { moments(x).mean }
    var inverse: Double { 1 / moments(x).variance.squareRoot() }
    var z: [Double] { x.map { gamma * ($0 - mean) * inverse + beta } }
    var a: [Double] { z.map { max($0, 0) } }

    /// From the gradient of the layer's output: what is added at once, γ·inv·dz, and dβ, dγ, A, B.
    func backward(_ dy: [Double]) -> (added: [Double], terms: [Double]) {
      let dz = zip(dy, z).map { $1 > 0 ? $0 * tap : 0 }
      let (dBeta, dGamma) = (dz.reduce(0, +), dot(dz, x.map { ($0 - mean) * inverse }))
      let factor = gamma * inverse
      let count = Double(x.count)
      return (
        dz.map { $0 * factor }, [dBeta, dGamma, -factor * dBeta / count, -factor * inverse * dGamma / count]
      )
    }

    /// A + B·(x − μ).
    func deferred(_ a: Double, _ b: Double) -> [Double] { x.map { a + b * ($0 - mean) } }
  }

  private func reader(_ layer: Int, _ channel: Int, _ x: [Double]) -> Reader {
    let (gamma, beta, tap) = readers[layer][channel]
    return Reader(gamma: gamma, beta: beta, tap: tap, x: x)
  }

  /// Every row of the article's tables.
  var rows: [String: [Double]] {
    func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }
    let r10 = reader(0, 0, x0)
    let x1 = r10.a.map { $0 * r10.tap + biases[0] }
    let (r20, r21) = (reader(1, 0, x0), reader(1, 1, x1))
    let x2 = zip(r20.a, r21.a).map { $0 * r20.tap + $1 * r21.tap + biases[1] }

    let (from20, from21) = (r20.backward(g2), r21.backward(g2))
    let finished1 = sum(sum(g1, from21.added), r21.deferred(from21.terms[2], from21.terms[3]))
    let from10 = r10.backward(finished1)
    let buffer = sum(sum(g0, from20.added), from10.added)
    let (shift, slope) = (from20.terms[2] + from10.terms[2], from20.terms[3] + from10.terms[3])
    let finished0 = sum(buffer, r10.deferred(shift, slope))

    let a: [Double] = [1, 3, 0, 4]
    let convolved = a.map { 2 * $0 + 1 }
    return [
      "x0": x0, "x1": x1, "x2": x2, "μ0": [moments(x0).mean], "v0": [moments(x0).variance],
      "μ1": [moments(x1).mean], "v1": [moments(x1).variance],
      "z10": r10.z, "a10": r10.a, "a20": r20.a, "a21": r21.a, "g0": g0, "g1": g1, "g2": g2,
      "γ·inv·dz20": from20.added, "γ·inv·dz21": from21.added, "γ·inv·dz10": from10.added,
      "layer 2, channel 0": from20.terms, "layer 2, channel 1": from21.terms, "layer 1, channel 0": from10.terms,
      "G1": finished1, "buffer": buffer, "channel 0": [shift, slope], "G0": finished0,
      "filter 1": [dot(finished1, r10.a), finished1.reduce(0, +)],
      "filter 2": [dot(g2, r20.a), dot(g2, r21.a), g2.reduce(0, +)],
      "a": a, "2a + 1": convolved, "mean(2a + 1)": [moments(convolved).mean], "mean(a)": [moments(a).mean],
      "2·mean(a) + 1": [2 * moments(a).mean + 1],
    ]
  }

  /// The library's block with these parameters.
  func block() -> DenseBlock {
    let block = DenseBlock(layers: 2, inputChannels: 1, growthRate: 1)
    for (layer, parts) in block.convBlocks.enumerated() {
      let (norm, convolution) = parts[0]
      let channels = readers[layer]
      norm.weight.value = Tensor(shape: [channels.count], values: channels.map { Float($0.gamma) })
      norm.bias.value = Tensor(shape: [channels.count], values: channels.map { Float($0.beta) })
      convolution.weight.value = Tensor(
        shape: [1, channels.count, 3, 3],
        values: channels.flatMap { reader in (0..<9).map { $0 == 4 ? Float(reader.tap) : 0 } })
      convolution.bias?.value = Tensor(shape: [1], values: [Float(biases[layer])])
    }
    return block
  }
}

/// A stem with windows of two values.
struct StemExample {
  let input: [[Double]] = [[0, 4, 4, 0, 0, 3, 3], [3, 4, 1, 0, 0, 5, 0]]
  let filter: [Double] = [1, 2]
  let bias = 1.0
  let gamma = 8.0
  let beta = 1.0
  let gradient: [Double] = [2, 5, 1]

  typealias Layers = (convolution: Conv2d, norm: BatchNorm2d, pool: MaxPool2d)

  func layers() -> Layers {
    let convolution = Conv2d(1, 1, kernelSize: Extent(1, 2))
    convolution.weight.value = Tensor(shape: [1, 1, 1, 2], values: filter.map(Float.init))
    convolution.bias?.value = Tensor(shape: [1], values: [Float(bias)])
    let norm = BatchNorm2d(1)
    norm.weight.value = Tensor(shape: [1], values: [Float(gamma)])
    norm.bias.value = Tensor(shape: [1], values: [Float(beta)])
    return (convolution, norm, MaxPool2d(2, stride: 2))
  }

  /// Every row of the article's tables.
  var rows: [String: [Double]] {
    let windows: [[Double]] = input.flatMap { row in (0..<6).map { [row[$0], row[$0 + 1]] } }
    let count = 12.0
    let tap1 = windows.map { $0[0] }
    let tap2 = windows.map { $0[1] }
    let m = [moments(tap1).mean, moments(tap2).mean]
    let deviation1 = tap1.map { $0 - m[0] }
    let deviation2 = tap2.map { $0 - m[1] }
    let products = [
      [dot(deviation1, deviation1), dot(deviation1, deviation2)],
      [dot(deviation2, deviation1), dot(deviation2, deviation2)],
    ]
    let covarianceTimesFilter = products.map { dot($0, filter) / count }
    let mean = dot(filter, m) + bias
    let variance = dot(filter, covarianceTimesFilter)
    let inverse = 1 / variance.squareRoot()
    let y = windows.map { dot(filter, $0) + bias }
    let normalized = y.map { ($0 - mean) * inverse }
    let z = normalized.map { gamma * $0 + beta }

    let winners = (0..<3).map { winner(z, pool: $0) }
    let pooled = winners.map { max(z[$0], 0) }
    let dz = zip(gradient, pooled).map { $1 > 0 ? $0 : 0 }
    let deviations = [dot(dz, winners.map { deviation1[$0] }), dot(dz, winners.map { deviation2[$0] })]
    let dBeta = dz.reduce(0, +)
    let dGamma = dot(dz, winners.map { normalized[$0] })
    // The definition, over the whole map: what the article derives must come to this.
    var dy = normalized.map { -dBeta / count - $0 * dGamma / count }
    for (winner, gradient) in zip(winners, dz) { dy[winner] += gradient }
    dy = dy.map { $0 * gamma * inverse }
    return [
      "input, row 1": input[0], "input, row 2": input[1], "m": m, "12·C, row 1": products[0],
      "12·C, row 2": products[1], "C·w": covarianceTimesFilter, "w·m + 1": [mean], "w·C·w": [variance],
      "y, row 1": Array(y[..<6]), "y, row 2": Array(y[6...]), "z, row 1": Array(z[..<6]), "z, row 2": Array(z[6...]),
      "pooled": pooled, "gradient": gradient, "dz": dz, "D": deviations, "dβ": [dBeta], "dγ": [dGamma],
      "dw": [dot(dy, tap1), dot(dy, tap2)],
      "db": [dy.reduce(0, +)],
    ]
  }

  /// The pixel of a map of 2×6 that wins a pooling window of 2×2; the first of equal values.
  private func winner(_ z: [Double], pool: Int) -> Int {
    var best = 2 * pool
    for pixel in [2 * pool + 1, 2 * pool + 6, 2 * pool + 7] where z[pixel] > z[best] { best = pixel }
    return best
  }
}
