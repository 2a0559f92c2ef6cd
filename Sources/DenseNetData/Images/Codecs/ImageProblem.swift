import CImageCodecs

/// Why bytes are not an image, without the file's name.
struct ImageProblem: Error {
  /// What to do.
  enum Remedy: String {
    case copyAgain = "save or download the image again, or leave it out"
    case makeSmaller = "make it smaller, or leave it out"
    case bringAnother = "convert it to one of these, or leave it out"
    case convert = "convert it to PNG, or leave it out"
    case freeMemory = "free some memory, or leave it out"
  }

  let reason: String
  let remedy: Remedy

  init(_ reason: String, remedy: Remedy = .copyAgain) { (self.reason, self.remedy) = (reason, remedy) }

  static func check(_ result: image_result) throws(ImageProblem) {
    let words = withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch result.status {
    case IMAGE_OK: return
    case IMAGE_TRUNCATED: throw ImageProblem("the file is truncated (\(words))")
    case IMAGE_UNSUPPORTED: throw ImageProblem("a kind of image that cannot be decoded (\(words))", remedy: .convert)
    case IMAGE_OUT_OF_MEMORY:
      throw ImageProblem("not enough memory to decode the image (\(words))", remedy: .freeMemory)
    default: throw ImageProblem("the image is damaged (\(words))")
    }
  }
}

/// Room for an image's values, filled by `decode`.
func decodedPixels(
  _ header: image_header, _ decode: (UnsafeMutablePointer<UInt8>) -> image_result
) throws(ImageProblem) -> [UInt8] {
  let count = header.width * header.height * Int(header.channels)
  var result = image_result()
  let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    result = decode(buffer.baseAddress!)
    filled = result.status == IMAGE_OK ? count : 0
  }
  try ImageProblem.check(result)
  return pixels
}
