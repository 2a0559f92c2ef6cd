#if Serve
  public import DenseNets
  import Foundation
  import Synchronization

  /// The models that a server knows, each by its name and in one or more versions.
  ///
  /// A version is read before it serves, and read again when its file changes: the new one takes over once it is in memory
  /// and has computed, and a file that cannot be read changes nothing.
  public final class ModelRepository: Sendable {
    /// Where the networks compute.
    public let device: Device
    /// What they compute with; nil: bytes where weights are quantized, else what the device does.
    public let precision: Precision?
    private let state = Mutex<[String: [Version]]>([:])
    /// One file at a time is read.
    private let loading = NSLock()
    private let report: @Sendable (String) -> Void

    /// A version of a model, whether it is in memory or not.
    struct Version: Sendable {
      let number: Int
      let path: String
      let statistics = ModelStatistics()
      var model: ServedModel?
      /// Why it is not in memory, or why its newest file is not.
      var reason = ""
      /// Of the file when it was last read, successfully or not.
      var stamp: WeightsStamp?
      /// Whether it was unloaded by a request.
      var isUnloaded = false

      var name: String { "\(number)" }
    }

    /// - Parameter report: gets a line for a person when a model was reloaded or could not be.
    public init(
      device: Device, precision: Precision? = nil, report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      (self.device, self.precision, self.report) = (device, precision, report)
    }

    /// Reads weights into memory under a name. A name that is there already gets another version, the next number; a folder
    /// with folders or files named 1, 2, … in it brings these versions.
    /// - Parameter path: a safetensors file, a PyTorch checkpoint, an ONNX model, or a folder of weights.
    /// - Throws: `Failure` where the name or the weights cannot be used.
    public func add(_ name: String, path: String) throws {
      guard ModelName.isValid(name) else {
        throw Failure(
          .usage,
          "model \"\(name)\": expected a name of 1 to 100 letters, digits, dots, hyphens and underscores that begins with a letter or a digit; choose another"
        )
      }
      var versions = Self.numbered(path)
      if versions.isEmpty { versions = [(nextNumber(of: name), path)] }
      for (number, path) in versions {
        guard state.withLock({ $0[name]?.contains { $0.number == number } != true }) else {
          throw Failure(.usage, "model \(name): version \(number) is given twice; give each another number")
        }
        var version = Version(number: number, path: path)
        version.stamp = WeightsStamp(path)
        version.model = try load(name, version)
        state.withLock { state in
          state[name, default: []].append(version)
          state[name]!.sort { $0.number < $1.number }
        }
      }
    }

    private func nextNumber(of name: String) -> Int {
      state.withLock { ($0[name]?.last?.number ?? 0) + 1 }
    }

    /// The numbered versions in a folder.
    private static func numbered(_ path: String) -> [(Int, String)] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return names.compactMap { name in
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        guard let number = Int(stem), number > 0, "\(number)" == stem else { return nil }
        return (number, "\(path)/\(name)")
      }.sorted { $0.0 < $1.0 }
    }

    private func load(_ name: String, _ version: Version) throws -> ServedModel {
      try loading.withLock {
        try ServedModel(
          name: name, version: version.name, path: version.path, device: device, precision: precision,
          former: version.model,
          statistics: version.statistics)
      }
    }
  }

  // MARK: - Looking up

  extension ModelRepository {
    /// A name for weights: the file's, or that of the folder of a run, with `-` for what a model's name cannot hold.
    public static func name(ofWeights path: String) -> String {
      let url = URL(fileURLWithPath: path)
      var stem = url.deletingPathExtension().lastPathComponent
      if stem == "model" || stem == "best" { stem = url.deletingLastPathComponent().lastPathComponent }
      let name = String(
        stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "._-".contains($0) ? $0 : "-" }.prefix(100))
      return name.first.map { $0.isLetter || $0.isNumber } == true ? name : "model"
    }

    /// The names of all models, in memory or not, sorted.
    public var names: [String] { state.withLock { $0.keys.sorted() } }

    /// Whether every model has a version in memory, but for those that were unloaded on request.
    public var isReady: Bool {
      state.withLock { $0.values.allSatisfy { $0.contains { $0.model != nil || $0.isUnloaded } } }
    }

    /// - Parameter version: nil or empty: the newest in memory.
    func model(_ name: String, version: String? = nil) throws(ServiceError) -> ServedModel {
      let versions = try versions(of: name)
      if let version, !version.isEmpty {
        guard let found = versions.first(where: { $0.name == version }) else {
          throw ServiceError(
            .notFound,
            "model \(name): expected a version of \(versions.map(\.name).joined(separator: ", ")), found \"\(shown(version))\""
          )
        }
        guard let model = found.model else {
          throw ServiceError(.notFound, "model \(name), version \(version): it is not loaded; load it first")
        }
        return model
      }
      guard let model = versions.last(where: { $0.model != nil })?.model else {
        throw ServiceError(.notFound, "model \(name): it is not loaded; load it first")
      }
      return model
    }

    /// All versions of a model, in memory or not, the newest last.
    func versions(of name: String) throws(ServiceError) -> [Version] {
      guard let versions = state.withLock({ $0[name] }) else {
        throw ServiceError(.notFound, "expected a model of this server (GET /v2/models), found \"\(shown(name))\"")
      }
      return versions
    }

    /// All models and their versions, sorted by name.
    var all: [(name: String, versions: [Version])] {
      state.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
  }

  // MARK: - Changing

  extension ModelRepository {
    /// Reads a model's files again, and serves what is in them.
    /// - Throws: `ServiceError` where a file cannot be read; what served before goes on.
    func load(_ name: String) throws(ServiceError) {
      for version in try versions(of: name) {
        do {
          try reload(name, version)
        } catch {
          throw ServiceError(
            .invalidArgument, "model \(name), version \(version.name): it cannot be loaded: \(ServiceError(any: error))"
          )
        }
      }
    }

    /// Takes a model out of memory once its running requests are answered.
    func unload(_ name: String) throws(ServiceError) {
      _ = try versions(of: name)
      update(name) { version in
        (version.model, version.isUnloaded, version.reason) = (nil, true, "unloaded")
      }
    }

    /// Reads every file again that has changed and stayed the same since `before`, and returns what to compare with next.
    func reloadChanged(since before: [String: WeightsStamp]) -> [String: WeightsStamp] {
      var seen: [String: WeightsStamp] = [:]
      for (name, versions) in all {
        for version in versions where !version.isUnloaded {
          guard let stamp = WeightsStamp(version.path) else { continue }
          seen[version.path] = stamp
          // A file that is still being written changes from look to look.
          guard stamp != version.stamp, before[version.path] == stamp else { continue }
          do {
            try reload(name, version)
            report("model \(name), version \(version.name): reloaded \(version.path), which changed")
          } catch {
            report("model \(name), version \(version.name): the changed file is not taken: \(error)")
          }
        }
      }
      return seen
    }

    private func reload(_ name: String, _ version: Version) throws {
      let stamp = WeightsStamp(version.path)
      do {
        let model = try load(name, version)
        update(name, number: version.number) { version in
          (version.model, version.stamp, version.isUnloaded, version.reason) = (model, stamp, false, "")
        }
      } catch {
        update(name, number: version.number) { version in
          (version.stamp, version.reason) = (stamp, "\(error)")
        }
        throw error
      }
    }

    private func update(_ name: String, number: Int? = nil, _ body: (inout Version) -> Void) {
      state.withLock { state in
        for index in (state[name] ?? []).indices where number == nil || state[name]![index].number == number {
          body(&state[name]![index])
        }
      }
    }
  }

  /// What models may be called: the name is part of addresses and of messages.
  enum ModelName {
    static func isValid(_ name: String) -> Bool {
      let first = name.unicodeScalars.first
      return (1...100).contains(name.utf8.count) && first.map { isAlphanumeric($0) } == true
        && name.unicodeScalars.allSatisfy { isAlphanumeric($0) || "._-".unicodeScalars.contains($0) }
    }

    private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }
  }
#endif
