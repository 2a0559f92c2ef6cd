import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct DamagedCheckpointTests {
  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: checkpoints.appendingPathComponent(name))
  }

  private func message(_ data: Data) throws -> String {
    let thrown = failure { _ = try WeightsFile(data: data, source: "w.pth") }
    #expect(thrown?.kind == .invalidData)
    let message = try #require(thrown?.description)
    #expect(message.hasPrefix("w.pth: ") && !message.contains { $0.isNewline } && message.count < 500, "\(message)")
    return message
  }

  private let sound = Pickle.dict { $0.tensor([2, 2], strides: [2, 1]) }
  private let zeros = [UInt8](repeating: 0, count: 16)

  @Test func whatTheBuildersBuildIsSound() throws {
    let expected = WeightsFile(
      tensors: [NamedTensor(name: "a", tensor: .zeros([2, 2]))], metadata: ["format": "pt"], source: "x")
    #expect(try WeightsFile(data: archive(sound), source: "x") == expected)
    #expect(try WeightsFile(data: legacy(sound), source: "x") == expected)
    let raw = rawZip([("data.pkl", sound.bytes), ("data/0", zeros), ("byteorder", Array("little".utf8))])
    #expect(try WeightsFile(data: raw, source: "x") == expected)
  }

  @Test(arguments: [
    "containers/zip-2.pth", "containers/deflated.pth", "containers/legacy-2.pth", "old-names.safetensors",
  ])
  func everyTruncationIsRefused(name: String) throws {
    let whole = try bytes(name)
    for count in 0..<whole.count { _ = try message(whole.prefix(count)) }
  }

  @Test func storageViewsOfTheOldFormatAreRead() throws {
    let data = (1...6).flatMap { little(Float($0).bitPattern) }
    let pickle = Pickle.dict { $0.tensor(offset: 1, [2], strides: [1]) { $0.storage("k", count: 6, view: (2, 3)) } }
    let file = legacy(pickle, keys: ["k"], storages: [little(UInt64(6)) + data])
    #expect(try WeightsFile(data: file, source: "x")["a"]?.tensor?.values == [4, 5])
  }

  @Test func theOldFormatsStoragesMustBeThere() throws {
    let one = little(UInt64(4)) + zeros
    for (keys, storages, says) in [
      ([], [], "does not have the elements of storage 0"), (["0"], [], "ends before the elements of storage 0"),
      (["0"], [little(UInt64(3)) + zeros.dropLast(4)], "has 12 bytes, expected 16"),
      (["0"], [one + [0]], "1 bytes follow its last storage"), (["0"], [one.dropLast()], "file ends before they do"),
      (["0"], [little(UInt64.max) + zeros], "has 18446744073709551615 elements"),
      (["0", "0"], [one, one], "has storage 0 twice"), (["0", "1"], [one, one], "storage 1 belongs to no tensor"),
    ] as [([String], [[UInt8]], String)] {
      #expect(try message(legacy(sound, keys: keys, storages: storages)).contains(says))
    }
  }

  @Test func anArchiveMustBeSound() throws {
    let pickle = ("x/data.pkl", sound.bytes)
    let storage = ("x/data/0", zeros)
    for (data, says) in [
      (rawZip([pickle, storage, pickle]), "two entries called x/data.pkl"),
      (rawZip([pickle, storage], directory: [0, 1, 1]), "two entries called x/data/0"),
      (rawZip([pickle, ("y/data.pkl", sound.bytes)]), "2 checkpoints"),
      (rawZip([("x/readme", zeros)]), "a zip archive without a PyTorch checkpoint"),
      (rawZip([("x/y/data.pkl", zeros)]), "without a PyTorch checkpoint"),
      (rawZip([]), "without a PyTorch checkpoint"), (rawZip([pickle, ("x/constants.pkl", [])]), "TorchScript"),
      (rawZip([pickle]), "no elements of storage 0"), (rawZip([("data.pkl", [])]), "its pickle ends after 0 bytes"),
    ] {
      #expect(try message(data).contains(says))
    }
    // A byte of the elements.
    var flipped = rawZip([pickle, storage])
    flipped[30 + 10 + sound.bytes.count + 30 + 8] ^= 1
    #expect(try message(flipped).contains("crc error"))
  }

  @Test func anArchiveMustNotUnpackToMoreThanItMay() throws {
    // Whatever the directory says of an entry's size is checked before anything is unpacked.
    let whole = try bytes("containers/deflated.pth")
    let header = Data([0x50, 0x4b, 1, 2])
    for size in [UInt32.max - 1, 1 << 31, 100 << 20] {
      var bomb = whole
      let place = try #require(bomb.range(of: header)).lowerBound
      bomb.replaceSubrange(place + 24..<place + 28, with: little(size))
      #expect(try message(bomb).contains("would unpack to more than"))
    }
    // Too little is as wrong.
    var short = whole
    let place = try #require(short.range(of: header)).lowerBound
    short.replaceSubrange(place + 24..<place + 28, with: little(UInt32(100)))
    _ = try message(short)

    // Entries that share their bytes.
    let large = [UInt8](repeating: 0x4e, count: 1 << 16)
    var shared = rawZip([("x/data.pkl", sound.bytes), ("a", large)], directory: [0] + Array(repeating: 1, count: 1000))
    // Of names that differ.
    var from = shared.startIndex
    for index in 0..<1001 {
      let entry = try #require(shared.range(of: header, in: from..<shared.endIndex)).lowerBound
      if index > 0 { shared[entry + 46] = UInt8(0x30 + index % 64) }
      from = entry + 4
    }
    #expect(try message(shared).contains("overlap"))
  }
}
