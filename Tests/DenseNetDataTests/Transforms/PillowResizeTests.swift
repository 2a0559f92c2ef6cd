import Foundation
import Testing

@testable import DenseNetData

/// One resized image that Pillow made; `Scripts/fixtures/images/make_resize_fixtures.py` writes them.
struct ResizeCase: CustomTestStringConvertible {
  let input: (height: Int, width: Int)
  let output: (height: Int, width: Int)
  let channels: Int
  let seed: UInt32
  let expected: [UInt8]

  var testDescription: String {
    "\(input.height)x\(input.width) to \(output.height)x\(output.width), \(channels) channels"
  }

  static let all: [ResizeCase] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/resize.bin")
    guard let data = try? Data(contentsOf: file) else { return [] }
    var bytes = [UInt8](data)[...]
    func integer() -> Int {
      defer { bytes = bytes.dropFirst(4) }
      return bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var cases: [ResizeCase] = []
    while !bytes.isEmpty {
      let n = (0..<6).map { _ in integer() }
      let count = n[2] * n[3] * n[4]
      cases.append(
        ResizeCase(
          input: (n[0], n[1]), output: (n[2], n[3]), channels: n[4], seed: UInt32(n[5]),
          expected: Array(bytes.prefix(count))))
      bytes = bytes.dropFirst(count)
    }
    return cases
  }()

  /// The same pixels as the script makes from the seed.
  static func pixels(_ count: Int, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      switch state >> 30 {
      case 0: return 0
      case 1: return 255
      default: return UInt8(truncatingIfNeeded: state >> 16)
      }
    }
  }
}

@Suite struct PillowResizeTests {
  @Test func fixturesAreThere() {
    #expect(ResizeCase.all.count == 24)
  }

  @Test(arguments: ResizeCase.all)
  func equalsPillow(_ example: ResizeCase) {
    let pixels = ResizeCase.pixels(example.input.height * example.input.width * example.channels, seed: example.seed)
    let resize = PillowResize(from: example.input, to: example.output, channels: example.channels)
    #expect(resize(pixels) == example.expected)
  }

  @Test func resizesEveryImageOfABatch() {
    let resize = PillowResize(from: (28, 28), to: (96, 96), channels: 1)
    let images = (1...3).map { ResizeCase.pixels(784, seed: $0) }
    #expect(resize(images.flatMap { $0 }) == images.flatMap { resize($0) })
    #expect(resize([]).isEmpty)
  }

  @Test func isFast() {
    let resize = PillowResize(from: (28, 28), to: (96, 96), channels: 1)
    let pixels = ResizeCase.pixels(256 * 784, seed: 9)
    let clock = ContinuousClock()
    let best = (0..<10).map { _ in clock.measure { _ = resize(pixels) } }.min()!
    let rate = 256 / (best / .seconds(1))
    print("28x28 to 96x96: \(Int(rate)) images/s")
    #expect(rate > 200)
  }
}
