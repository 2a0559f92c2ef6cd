#if Serve
  import CServerPage
  import HTTPTypes
  import Hummingbird
  import NIOCore

  /// A file of the page, which lies inside the program.
  struct PageFile: Sendable {
    let path: String
    private let type: String
    private let content: ByteBuffer

    static let all: [PageFile] = {
      var count = 0
      let files = server_page_files(&count)
      return UnsafeBufferPointer(start: files, count: count).map(PageFile.init)
    }()

    private init(_ file: server_page_file) {
      path = "/" + String(cString: file.path)
      type = String(cString: file.media_type)
      content = ByteBuffer(bytes: UnsafeBufferPointer(start: file.bytes, count: file.count))
    }

    /// Pictures that the page shows are its own: dropped ones (`blob:`) and heat maps (`data:`).
    private static let policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    var response: Response {
      Response(
        status: .ok,
        headers: [
          .contentType: type, .contentSecurityPolicy: Self.policy, .cacheControl: "no-cache",
          .xContentTypeOptions: "nosniff", HTTPField.Name("Referrer-Policy")!: "no-referrer",
        ], body: .init(byteBuffer: content))
    }
  }
#endif
