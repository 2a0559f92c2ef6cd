import CImageCodecs

/// Why bytes are not an image, without the file's name.
struct ImageProblem: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  static func check(_ result: image_result) throws(ImageProblem) {
    let words = withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch result.status {
    case IMAGE_OK: return
    case IMAGE_TRUNCATED: throw ImageProblem("the file is truncated (\(words))")
    case IMAGE_UNSUPPORTED: throw ImageProblem("a kind of image that cannot be decoded (\(words))")
    case IMAGE_OUT_OF_MEMORY: throw ImageProblem("not enough memory to decode the image (\(words))")
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
