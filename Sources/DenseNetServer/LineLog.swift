#if Serve
  package import Logging

  /// Log lines as a program writes all others: errors alone.
  package struct LineLog: LogHandler {
    package var logLevel = Logger.Level.error
    package var metadata: Logger.Metadata = [:]
    private let write: @Sendable (String) -> Void

    package init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) { write("\(event.level): \(event.message)") }
  }
#endif
