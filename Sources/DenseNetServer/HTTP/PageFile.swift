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

    static let all: [PageFile] = [
      PageFile("/", "text/html; charset=utf-8", server_page_index_html()),
      PageFile("/app.js", "text/javascript; charset=utf-8", server_page_app_js()),
      PageFile("/style.css", "text/css; charset=utf-8", server_page_style_css()),
    ]

    private init(_ path: String, _ type: String, _ file: server_page_file) {
      (self.path, self.type) = (path, type)
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
