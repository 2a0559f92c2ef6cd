import DenseNets

@testable import DenseNetData

/// Pictures: small ones, whatever their headers promise.
let imageTargets =
  ["jpeg", "webp", "gif", "bmp", "tiff"].map { name in FuzzTarget(name) { try readImage($0) } } + [
    // Damaged checksums end the reading of a chunk, so that nearly no input would get further.
    FuzzTarget("png") { try readImage(withPNGChecksums($0)) },
    FuzzTarget("exif") { bytes in
      _ = TIFFDirectory(bytes[...])?.orientation.flatMap(EXIFOrientation.init)
      _ = EXIFOrientation(ofFile: bytes)
      _ = EXIFOrientation(ofFile: withPNGChecksums(bytes))
    },
    FuzzTarget("xmp") { bytes in
      _ = EXIFOrientation(xmp: bytes[...])
      _ = TIFFDirectory(bytes[...])?.xmp.flatMap { EXIFOrientation(xmp: $0) }
    },
  ]

private let pixelLimit = 1 << 14

/// An image whose every pixel follows from the bytes, or a failure.
private func readImage(_ bytes: [UInt8]) throws {
  let image = try Memory.filled(with: 0x5a) { try DecodedImage(bytes: bytes, source: "image", pixelLimit: pixelLimit) }
  let count = image.width * image.height
  require(count <= pixelLimit, "expected at most \(pixelLimit) pixels, found \(count)")
  require(image.pixels.count == count * image.channels, "\(image.pixels.count) values for \(count) pixels")
  let again = try Memory.filled(with: 0xa5) { try DecodedImage(bytes: bytes, source: "image", pixelLimit: pixelLimit) }
  require(image == again, "pixels depend on what was in memory before")
  _ = try Preprocessing.squashed(channels: 1, size: 8).tensor(image)
}

/// A PNG file with the checksum of each chunk put right.
private func withPNGChecksums(_ bytes: [UInt8]) -> [UInt8] {
  guard bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) else { return bytes }
  var result = bytes
  var position = 8
  while position + 12 <= bytes.count {
    let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - position - 12 else { break }
    let end = position + 8 + length
    let sum = checksum(bytes[position + 4..<end])
    for i in 0..<4 { result[end + i] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * i)) }
    position = end + 4
  }
  return result
}

/// CRC-32.
private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in checksums[Int((sum ^ UInt32(byte)) & 0xff)] ^ sum >> 8 }
}

private let checksums = (0..<UInt32(256)).map { byte in
  (0..<8).reduce(byte) { sum, _ in sum & 1 == 1 ? 0xedb8_8320 ^ sum >> 1 : sum >> 1 }
}
