#if Serve
  public import ServiceLifecycle

  /// Several services that are told to end at once. A `ServiceGroup` would tell one after the other, each only once the one
  /// before has ended.
  public struct JointServices: Service {
    private let services: [any Service]

    public init(_ services: [any Service]) { self.services = services }

    /// Runs all of them until each has ended, or one fails.
    public func run() async throws {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for service in services { tasks.addTask { try await service.run() } }
        for try await _ in tasks {}
      }
    }
  }
#endif
