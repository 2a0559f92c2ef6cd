#if Serve
  import Foundation

  enum Base64 {
    static func text(of bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
  }

  extension String {
    /// Nil where a percent sign begins no escape, or the bytes are not UTF-8.
    func removingURLPercentEncoding() -> String? { removingPercentEncoding }
  }
#endif
