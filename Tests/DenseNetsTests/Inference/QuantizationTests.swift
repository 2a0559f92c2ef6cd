import Testing

@testable import DenseNets

/// Inference with bytes against the network of numbers, and against what `Quantization` says that bytes mean.
@Suite struct QuantizationTests {
  static func quantization(
    of net: DenseNet, _ configuration: DenseNet.Configuration, _ size: Extent, seed: UInt64 = 20
  ) throws -> Quantization {
    let calibrator = try QuantizationCalibrator(net)
    for batch in 0..<2 {
      try calibrator.observe(
        .randn([8, configuration.inputChannels, size.height, size.width], seed: seed + UInt64(batch)))
    }
    #expect(calibrator.images == 16)
    return calibrator.quantization()
  }

  @Test(arguments: PredictorTests.networks.map(\.0))
  func isCloseToTheNetwork(_ name: String) throws {
    let (_, configuration, size) = PredictorTests.networks.first { $0.0 == name }!
    let net = PredictorTests.network(configuration)
    let quantization = try Self.quantization(of: net, configuration, size)
    let (exact, rounded) = (Predictor(net), try Predictor(net, quantization: quantization))
    #expect(rounded.precision == .int8)
    // Others than it was calibrated by, in batches of other sizes.
    for images in [1, 5, 19] {
      let x = Tensor.randn([images, configuration.inputChannels, size.height, size.width], seed: 8)
      let all: Predictor.Outputs = [.logits, .features, .activations, .maps]
      let (wanted, found) = (try exact.run(x, outputs: all), try rounded.run(x, outputs: all))
      for (what, a, b) in [
        ("logits", wanted.logits!, found.logits!), ("features", wanted.features!, found.features!),
        ("activations", wanted.activations!, found.activations!),
        ("the first map", wanted.maps![0], found.maps![0]), ("the last map", wanted.maps!.last!, found.maps!.last!),
      ] {
        #expect(a.shape == b.shape)
        let error = distance(a, b)
        #expect(error < 0.05, "\(name), \(images) images, \(what): an error of \(error)")
        #expect(error > 1e-5, "\(name): \(what) as if nothing were rounded")
      }
    }
  }

  /// A factor of batch norm below 0 turns a channel's values round: its greatest are of what was least before.
  @Test(arguments: PredictorTests.networks.map(\.0))
  func factorsBelowZeroLoseNoMore(_ name: String) throws {
    let (_, configuration, size) = PredictorTests.networks.first { $0.0 == name }!
    let net = PredictorTests.network(configuration)
    for (index, (_, norm)) in net.namedBatchNorms.enumerated() {
      for c in 0..<norm.channels where (c + index) % 3 != 0 { norm.weight.value.storage[c] *= -1 }
    }
    let quantization = try Self.quantization(of: net, configuration, size)
    let x = Tensor.randn([5, configuration.inputChannels, size.height, size.width], seed: 8)
    let (wanted, found) = (try Predictor(net).logits(x), try Predictor(net, quantization: quantization).logits(x))
    #expect(distance(wanted, found) < 0.05, "\(name): an error of \(distance(wanted, found))")
  }

  @Test func valuesThatAreNotFiniteAreRefused() throws {
    let (_, configuration, size) = PredictorTests.networks[0]
    let net = PredictorTests.network(configuration)
    let quantization = try Self.quantization(of: net, configuration, size)
    let norm = net.namedBatchNorms.last!.layer
    norm.runningVariance.value.storage[0] = -1
    let failure = #expect(throws: Failure.self) { try Predictor(net, quantization: quantization) }
    #expect(failure?.description.contains("finite") == true)
    for (_, parameter) in net.namedParameters where parameter.shape.count == 4 {
      parameter.value = parameter.value * 1e30
    }
    let calibrator = try QuantizationCalibrator(net)
    #expect(throws: Failure.self) {
      try calibrator.observe(.randn([2, configuration.inputChannels, size.height, size.width], seed: 1))
    }
  }

  private func distance(_ a: Tensor, _ b: Tensor) -> Double {
    let square = zip(a.values, b.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (square / a.values.reduce(0.0) { $0 + Double($1 * $1) }).squareRoot()
  }

  @Test func threadsAndBatchesDoNotChangeABit() throws {
    for (name, configuration, size) in PredictorTests.networks {
      let net = PredictorTests.network(configuration)
      let quantization = try Self.quantization(of: net, configuration, size)
      let x = Tensor.randn([3, configuration.inputChannels, size.height, size.width], seed: 8)
      let one = try Predictor(net, quantization: quantization, device: .cpu(threads: 1)).logits(x)
      for threads in [2, 3, 5] {
        let found = try Predictor(net, quantization: quantization, device: .cpu(threads: threads)).logits(x)
        #expect(found == one, "\(name), \(threads) threads")
      }
      let predictor = try Predictor(net, quantization: quantization)
      for image in 0..<3 {
        let alone = try predictor.logits(x.selected([image]))
        #expect(alone == one.selected([image]), "\(name): image \(image) by itself")
      }
    }
  }

  /// Every instruction set computes the same, but for a stem of fp32, which may differ in its last bits.
  @Test func instructionSetsDifferByAStemOfNumbersAlone() throws {
    for (name, configuration, size) in PredictorTests.networks {
      let net = PredictorTests.network(configuration)
      let quantization = try Self.quantization(of: net, configuration, size)
      let x = Tensor.randn([2, configuration.inputChannels, size.height, size.width], seed: 8)
      let wanted = try Predictor(net, quantization: quantization, device: .cpu(instructionSet: .generic)).logits(x)
      for set in InstructionSet.allCases where set.isAvailable {
        let found = try Predictor(net, quantization: quantization, device: .cpu(instructionSet: set)).logits(x)
        if configuration.stem == .imageNet {
          #expect(found == wanted, "\(name), \(set)")
        } else {
          #expect(distance(wanted, found) < 2e-2, "\(name), \(set)")
        }
      }
    }
  }

  /// One convolution by the words of `Quantization.Convolution`, in double precision. A value in the midst of two bytes may
  /// be rounded to either.
  @Test(arguments: [1, 3])
  func computesWhatItSays(_ kernel: Int) throws {
    let (layout, outputs, size) = (ChannelLayout(slices: [10, 20]), 24, Extent(5, 6))
    let (inputs, area) = (layout.channels, size.area)
    let convolution = Conv2d(inputs, outputs, kernelSize: Extent(kernel), padding: Extent(kernel / 2))
    let norm = BatchNorm2d(inputs)
    norm.weight.value = .uniform([inputs], in: -1.2..<1.2, seed: 1)
    norm.bias.value = .uniform([inputs], in: -0.2..<0.4, seed: 2)
    norm.runningMean.value = .uniform([inputs], in: -0.3..<0.3, seed: 3)
    func some(_ count: Int, _ range: Range<Float>, _ seed: UInt64) -> [Float] {
      Tensor.uniform([count], in: range, seed: seed).values
    }
    let own = Quantization.Convolution(
      weight: some(outputs * inputs * kernel * kernel, -127..<127, 4).map { Int8($0.rounded()) },
      weightScale: some(outputs, 0.001..<0.003, 5), inputScale: some(inputs, 0.005..<0.02, 6),
      correction: some(outputs, -0.1..<0.1, 7))
    let source = Quantization.Slice(
      scale: some(inputs, 0.01..<0.02, 8), zero: some(inputs, 0..<255, 9).map { $0.rounded() })
    let target = Quantization.Slice(
      scale: some(outputs, 0.1..<0.2, 10), zero: some(outputs, 100..<150, 11).map { $0.rounded() })
    let bytes = some(area * inputs, 0..<255, 12).map { UInt8($0.rounded()) }

    // As the words say; an input in the midst of two bytes is rounded as in 16 bits.
    let affine = norm.inferenceAffine
    let bytesOfInput = ByteNormalization(
      (0..<inputs).map { c in
        let (unit, scale) = (source.scale[c], affine[c].scale / own.inputScale[c])
        return (unit * scale, affine[c].shift / own.inputScale[c] - source.zero[c] * unit * scale)
      }, at: Array(0..<inputs), count: inputs)
    var seen = [Double](repeating: 0, count: area * inputs)
    for p in 0..<area {
      for c in 0..<inputs {
        let byte = Double(bytesOfInput.byte(of: bytes[p * inputs + c], channel: c))
        let value = (Double(bytes[p * inputs + c]) - Double(source.zero[c])) * Double(source.scale[c])
        let rectified = max(value * Double(affine[c].scale) + Double(affine[c].shift), 0)
        #expect(abs(min(rectified / Double(own.inputScale[c]), 255) - byte) < 0.56)
        seen[p * inputs + c] = byte * Double(own.inputScale[c])
      }
    }
    let weight = own.realWeight
    var wanted = [Double](repeating: 0, count: area * outputs)
    for p in 0..<area {
      for k in 0..<outputs {
        var sum = Double(own.correction[k]) + Double(convolution.bias!.value.storage[k])
        for tap in 0..<kernel * kernel {
          let (row, column) = (p / size.width + tap / kernel - kernel / 2, p % size.width + tap % kernel - kernel / 2)
          guard (0..<size.height).contains(row), (0..<size.width).contains(column) else { continue }
          let (from, at) = ((row * size.width + column) * inputs, (k * kernel * kernel + tap) * inputs)
          for c in 0..<inputs {
            let product = Double(weight[at + c]) * seen[from + c]
            sum += product
          }
        }
        wanted[p * outputs + k] = min(max(sum / Double(target.scale[k]) + Double(target.zero[k]), 0), 255)
      }
    }

    let device = Device.current
    let quantized = QuantizedConvolution(
      norm: (norm, source), convolution: convolution, source: layout, own: own, output: .slice(target))
    let (stride, outStride) = (layout.paddedChannels, padded(outputs))
    let (input, output) = (MapMemory(area * stride, .int8), MapMemory(area * outStride, .int8))
    for p in 0..<area {
      for (c, position) in layout.map.enumerated() { input.buffer[p * stride + position] = bytes[p * inputs + c] }
    }
    let shape = ConvolutionShape(
      height: size.height, width: size.width, inChannels: stride, inStride: stride, outChannels: outStride,
      outStride: outStride, kernel: Extent(kernel), padding: Extent(kernel / 2))
    quantized.run(shape, splits: 1, from: input.slice(), to: output.slice(), images: 1, device: device)
    var off = 0
    for p in 0..<area {
      for k in 0..<outputs {
        let error = abs(Double(output.buffer[p * outStride + k]) - wanted[p * outputs + k])
        if error > 0.501 { off += 1 }
      }
    }
    #expect(off == 0, "\(off) of \(area * outputs) are off")
    #expect(Set(wanted.map { Int($0) }).count > 20, "the test's values are all alike")
  }

  @Test func quantizationsOfOtherNetworksAreRefused() throws {
    let (_, configuration, size) = PredictorTests.networks[1]
    let net = PredictorTests.network(configuration)
    let good = try Self.quantization(of: net, configuration, size)
    try good.requireFit(to: net)
    func refused(_ what: String, _ change: (inout Quantization) -> Void) {
      var bad = good
      change(&bad)
      let failure = #expect(throws: Failure.self) { try Predictor(net, quantization: bad) }
      #expect(failure?.description.contains(what) == true, "\(failure?.description ?? "nothing")")
    }
    let name = good.convolutions.keys.sorted()[2]
    let writer = good.outputs.keys.sorted()[1]
    refused(name) { $0.convolutions[name] = nil }
    refused("another") { $0.convolutions["another"] = good.convolutions[name] }
    refused(name) { $0.convolutions[name]!.weight.removeLast() }
    refused(name) { $0.convolutions[name]!.inputScale[0] = 0 }
    refused(name) { $0.convolutions[name]!.weightScale[0] = .nan }
    refused(name) { $0.convolutions[name]!.weight[0] = -128 }
    refused(name) { $0.convolutions[name]!.inputZero = 1 }
    let first = QuantizationSites(net).first
    refused(first) { $0.convolutions[first]!.inputZero = 255.5 }
    refused(first) { $0.convolutions[first]!.inputScale[0] *= 2 }
    refused(writer) { $0.outputs[writer] = nil }
    refused(writer) { $0.outputs[writer]!.zero[0] = 256 }
    refused(writer) { $0.outputs[writer]!.zero[0] = 0.5 }
    refused(writer) { $0.outputs[writer]!.scale.append(1) }
  }

  @Test(arguments: [0.02, 0.9, 2.5, 6, 20, 60, 500] as [Float])
  func batchNormOfBytesIsRoundedOnce(_ greatest: Float) {
    let count = 40
    let factors = Tensor.uniform([count], in: -greatest..<greatest, seed: 1).values
    // Where each channel begins to be more than 0.
    let crossings = Tensor.uniform([count], in: -50..<300, seed: 2).values
    let values = zip(factors, crossings).map { (factor: $0, addend: -$0 * $1) }
    let norm = ByteNormalization(values, at: Array(0..<count), count: count)
    let tolerance = 0.5 + 1.5 / Float(1 << norm.fraction)
    for (c, value) in values.enumerated() where abs(value.factor) <= 63 {
      for x in 0...255 {
        let wanted = min(max(Float(x) * value.factor + value.addend, 0), 255)
        let found = Float(norm.byte(of: UInt8(x), channel: c))
        #expect(abs(found - wanted) <= tolerance, "\(x) · \(value.factor) + \(value.addend)")
      }
    }
    // Steeper ones go from 0 to 255 in the same place.
    for (c, value) in values.enumerated() where abs(value.factor) > 63 {
      for x in 0...255 where abs(Float(x) - crossings[c]) > 5 {
        let wanted = (Float(x) > crossings[c]) == (value.factor > 0) ? 255 : 0
        #expect(norm.byte(of: UInt8(x), channel: c) == wanted)
      }
    }
    #expect(greatest > 1 || norm.fraction >= 6)
  }

  @Test func batchNormOfBytesTakesAnything() {
    let odd: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, .leastNonzeroMagnitude, 0]
    let values = odd.flatMap { factor in odd.map { (factor: factor, addend: $0) } }
    let norm = ByteNormalization(values, at: Array(values.indices), count: values.count)
    #expect(norm.slope.count >= values.count && (1...7).contains(norm.fraction))
    #expect(norm.byte(of: 255, channel: 0) == 0)
  }

  @Test func rangesLeaveRareValuesOut() {
    func values(_ list: [(Float, Float)]) -> Distribution {
      Distribution(points: list.map { (value: $0.0, count: $0.1) })
    }
    // Evenly spread: all of the range.
    let even = values((-50...150).map { (Float($0) / 100, 1) })
    let slice = QuantizationSearch.slice(even)
    #expect(abs(slice.scale - 2 / 255) < 0.06 * 2 / 255)
    #expect(abs((0 - slice.zero) * slice.scale + 0.5) < 0.05)
    // A single great value among a million.
    let rare = values((0...100).map { (Float($0) / 100, 10_000) } + [(2, 1)])
    #expect(QuantizationSearch.scale(rare) < 1.2 / 255)
    #expect(QuantizationSearch.scale(values([(0, 5)])) == 0)
    // One value alone is exact.
    for value in [-3, 0, 0.25] as [Float] {
      let slice = QuantizationSearch.slice(values([(value, 7)]))
      let byte = min(max((value / slice.scale + slice.zero).rounded(), 0), 255)
      #expect(abs((byte - slice.zero) * slice.scale - value) <= abs(value) * 1e-5)
    }
  }

  @Test func histogramsCountEveryValue() {
    let histogram = ChannelHistograms(channels: 2)
    let device = Device.current
    // [pixel, channel]; the second batch reaches further.
    histogram.add([0.5, -1, 0.25, 0], device: device)
    histogram.add([100, -0.5, 0.5, 3], device: device)
    for (channel, wanted) in [[0.25, 0.5, 0.5, 100], [-1, -0.5, 0, 3]].enumerated() {
      let found = histogram.distribution(of: channel, rectified: false)
      #expect(found.count == 4)
      let width = Float(wanted.map(abs).max()!) / 200
      let each = found.points.flatMap { [Float](repeating: $0.value, count: Int($0.count)) }
      for (a, b) in zip(each, wanted) { #expect(abs(a - Float(b)) <= width) }
    }
  }
}

extension ByteNormalization {
  /// As `dense_int8_kernels.h` has it.
  fileprivate func byte(of x: UInt8, channel: Int) -> Int {
    func rounded(_ value: Int, _ bits: Int) -> Int { (value + 1 << (bits - 1)) >> bits }
    let z = min(max(rounded(Int(x) * Int(slope[channel]), 8) + Int(offset[channel]), -32768), 32767)
    return min(max(rounded(max(z, 0), fraction), 0), 255)
  }
}
