import DenseNetIO
import Foundation
import Testing

@testable import DenseNets

/// A case that PyTorch computed in float64; see Tests/Fixtures/README.md.
struct Fixture {
  let name: String
  private let file: WeightsFile

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
    .standardized

  /// Every case's file, in a folder of its kind.
  private static let files: [String: URL] = {
    let kinds = ["blocks", "convolutions", "layers", "networks", "pools"].map { folder.appendingPathComponent($0) }
    let files = kinds.flatMap {
      (try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)) ?? []
    }
    let cases = files.filter { $0.pathExtension == "safetensors" }
    return Dictionary(uniqueKeysWithValues: cases.map { ($0.deletingPathExtension().lastPathComponent, $0) })
  }()

  init(_ name: String) throws {
    self.name = name
    file = try WeightsFile(tensorsOf: try #require(Fixture.files[name], "no case \(name) in \(Fixture.folder.path)"))
  }

  /// The names of all cases that begin with `prefix`.
  static func names(_ prefix: String) -> [String] {
    let names = files.keys.filter { $0.hasPrefix(prefix) }.sorted()
    precondition(!names.isEmpty, "no cases \(prefix)* in \(folder.path)")
    return names
  }

  func setting(_ key: String) throws -> String {
    try #require(file.metadata[key], "\(name) has no \(key)")
  }
  func integer(_ key: String) throws -> Int { try #require(Int(setting(key))) }
  func integers(_ key: String) throws -> [Int] { try setting(key).split(separator: ",").map { try #require(Int($0)) } }
  func has(_ tensor: String) -> Bool { file[tensor] != nil || file.metadata["generated.\(tensor)"] != nil }

  /// A stored tensor, times its scale if it has one; or one that a formula makes.
  func tensor(_ name: String) throws -> Tensor {
    if let formula = file.metadata["generated.\(name)"] { return try generated(formula) }
    guard case .floating(let tensor) = file[name] else { throw Failure(.missingInput, "\(self.name) has no \(name)") }
    guard case .floating(let scale) = file["scale.\(name)"] else { return tensor }
    return tensor * scale.values[0]
  }

  func labels(_ name: String = "labels") throws -> [Int32] {
    guard case .integer(let values, shape: _) = file[name] else {
      throw Failure(.missingInput, "\(self.name) has no \(name)")
    }
    return values.map(Int32.init)
  }

  /// The part of each name after `prefix`.
  func names(_ prefix: String) -> [String] {
    let stored = file.tensors.map(\.name)
    let formulas = file.metadata.keys.filter { $0.hasPrefix("generated.") }.map { String($0.dropFirst(10)) }
    return (stored + formulas).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// `index=3 center=1.0 spread=0.2 shape=64,3,3,3`: center + spread · u, u in -1..<1 from a hash of the position.
  private func generated(_ formula: String) throws -> Tensor {
    var fields: [String: String] = [:]
    for field in formula.split(separator: " ") {
      let parts = field.split(separator: "=")
      fields[String(parts[0])] = String(parts[1])
    }
    let seed = UInt64(try integer("seed"))
    let index = try #require(UInt64(fields["index"] ?? ""))
    let center = try #require(Double(fields["center"] ?? ""))
    let spread = try #require(Double(fields["spread"] ?? ""))
    let shape = try (fields["shape"] ?? "").split(separator: ",").map { try #require(Int($0)) }
    let values = (0..<shape.reduce(1, *)).map { element -> Float in
      var z = (seed << 48 | index << 32 | UInt64(element)) &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z = z ^ (z >> 31)
      return Float(center + spread * (Double(z >> 40) / 8_388_608 - 1))
    }
    return Tensor(shape: shape, values: values)
  }
}

/// ‖a − b‖₂ / ‖b‖₂.
func relativeError(_ a: Tensor, _ b: Tensor) -> Double {
  let difference = zip(a.values, b.values).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
  let norm = b.values.reduce(0.0) { $0 + Double($1) * Double($1) }
  return (difference / max(norm, .leastNonzeroMagnitude)).squareRoot()
}

/// Whole tensors agree: in norm, and no element is off by more than `elementTolerance` of the greatest.
func expectClose(
  _ found: Tensor, _ expected: Tensor, _ tolerance: Double, _ what: String, elementTolerance: Double? = nil,
  location: SourceLocation = #_sourceLocation
) {
  guard found.shape == expected.shape else {
    Issue.record("\(what): expected shape \(expected.shape), found \(found.shape)", sourceLocation: location)
    return
  }
  let error = relativeError(found, expected)
  #expect(error <= tolerance, "\(what): relative error \(error)", sourceLocation: location)
  let greatest = expected.values.reduce(0) { max($0, abs($1)) }
  let worst = zip(found.values, expected.values).reduce(0.0) { max($0, abs(Double($1.0) - Double($1.1))) }
  #expect(
    worst <= (elementTolerance ?? tolerance) * Double(max(greatest, .leastNormalMagnitude)),
    "\(what): an element is off by \(worst) of \(greatest)",
    sourceLocation: location)
}

/// Every instruction set that this machine has.
let instructionSets = InstructionSet.allCases.filter(\.isAvailable)

/// An instruction set, an algorithm for dense layers' convolutions, and what maps hold.
struct Path: CustomTestStringConvertible, Sendable {
  let instructionSet: InstructionSet
  let convolution: ConvolutionChoice
  var precision = Precision.fp32
  var testDescription: String { "\(instructionSet) \(convolution) \(precision)" }

  /// In fp32, `avx512bf16` is `avx512`.
  static let fp32 = instructionSets.filter { $0 != .avx512bf16 }.flatMap { set in
    [ConvolutionChoice.direct, .winograd].map { Path(instructionSet: set, convolution: $0) }
  }
  static let bf16 = instructionSets.flatMap { set in
    [ConvolutionChoice.direct, .automatic].map { Path(instructionSet: set, convolution: $0, precision: .bf16) }
  }
  static let all = fp32 + bf16
}

/// Runs `body` on a device of its own.
func on<R>(
  _ instructionSet: InstructionSet, threads: Int = 2, convolution: ConvolutionChoice = .direct,
  precision: Precision = .fp32, _ body: () throws -> R
) throws -> R {
  let device = try Device.cpu(
    threads: threads, instructionSet: instructionSet, convolution: convolution, precision: precision)
  return try Device.$current.withValue(device) { try body() }
}

func on<R>(_ path: Path, threads: Int = 2, _ body: () throws -> R) throws -> R {
  try on(path.instructionSet, threads: threads, convolution: path.convolution, precision: path.precision, body)
}
