#if Serve
  import DenseNets
  import Dispatch
  import Synchronization

  /// Lets images through the networks, one pass at a time on all cores, since a pass by itself keeps these busy.
  ///
  /// The queue is bounded: it counts the images of all requests that are accepted and not answered yet. Each model has a
  /// line of its own, first come first served, and the model whose passes have taken the least time is next. A pass takes
  /// several images only where they wait already and where the model is faster so, see ``ServedModel/batchLimit``; nobody
  /// waits for a batch to fill.
  final class Scheduler: Sendable {
    /// Images that the queue holds, at most.
    let capacity: Int
    private let metrics: ServerMetrics
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)

    fileprivate struct Line {
      var entries: [ComputeEntry] = []
      /// How long the model's passes have taken, in seconds, as far as that counts for whose turn it is.
      var used = 0.0
    }

    fileprivate struct State {
      var lines: [String: Line] = [:]
      /// ``Line/used`` of the line that was served last: a line that was empty begins here.
      var turn = 0.0
      var accepted = 0
      var isStopped = false
      /// Seconds per image, a moving average.
      var pace = 0.05
    }

    /// - Throws: `Failure` where the system starts no thread.
    init(capacity: Int, metrics: ServerMetrics) throws {
      (self.capacity, self.metrics) = (capacity, metrics)
      try BackgroundThread.start(stack: 8 << 20) { [self] in
        while !state.withLock({ $0.isStopped && $0.accepted == 0 }) {
          available.wait()
          while let pass = state.withLock({ $0.nextPass() }) { compute(pass) }
        }
      }
    }

    /// Takes a request's images into account, before anything is done about them. ``leave(_:)`` must follow.
    /// - Throws: `ServiceError` where the queue has no room for them.
    func enter(_ images: Int) throws(ServiceError) {
      guard images <= capacity else {
        throw ServiceError(
          .invalidArgument, "expected at most \(capacity) images per request, found \(images); send fewer")
      }
      let refusal: ServiceError? = state.withLock { state in
        guard state.accepted + images <= capacity else {
          let seconds = Double(state.accepted) * state.pace
          return ServiceError(
            .unavailable, "the queue is full: \(state.accepted) images wait; try again later",
            retryAfter: max(1, min(Int(seconds.rounded(.up)), 60)))
        }
        state.accepted += images
        return nil
      }
      if let refusal {
        metrics.refusals.add()
        throw refusal
      }
    }

    /// The request is answered or given up.
    func leave(_ images: Int) {
      state.withLock { $0.accepted -= images }
      available.signal()
    }

    /// Images of requests that are accepted and not answered yet.
    var accepted: Int { state.withLock { $0.accepted } }

    /// Lets a request's images through the network.
    /// - Throws: `ServiceError` where the deadline passes before; `CancellationError`.
    func compute(
      _ images: Tensor, with model: ServedModel, outputs: Predictor.Outputs, deadline: ContinuousClock.Instant?
    ) async throws -> ComputeResult {
      let entry = ComputeEntry(model: model, images: images, outputs: outputs)
      let timer = deadline.map { deadline in
        Task {
          try await Task.sleep(until: deadline, clock: .continuous)
          end(entry, ServiceError(.timedOut, "the request's timeout passed before its turn came; allow more time"))
        }
      }
      defer { timer?.cancel() }
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          let failure: (any Error)? = state.withLock { state in
            if let failure = entry.failure { return failure }
            entry.continuation = continuation
            state.append(entry)
            return nil
          }
          if let failure { continuation.resume(throwing: failure) } else { available.signal() }
        }
      } onCancel: {
        end(entry, CancellationError())
      }
    }

    /// Lets the thread end once all is answered.
    func stop() {
      state.withLock { $0.isStopped = true }
      available.signal()
    }

    /// Takes a request out of the queue; one that is over already stays as it is.
    private func end(_ entry: ComputeEntry, _ failure: any Error) {
      let continuation = state.withLock { state -> CheckedContinuation<ComputeResult, any Error>? in
        guard !entry.isOver else { return nil }
        (entry.isOver, entry.failure) = (true, failure)
        state.lines[entry.model.name]?.entries.removeAll { $0 === entry }
        defer { entry.continuation = nil }
        return entry.continuation
      }
      continuation?.resume(throwing: failure)
    }
  }

  extension Scheduler.State {
    fileprivate mutating func append(_ entry: ComputeEntry) {
      var line = lines[entry.model.name] ?? .init()
      if line.entries.isEmpty { line.used = max(line.used, turn) }
      line.entries.append(entry)
      lines[entry.model.name] = line
    }

    /// The images that are next, all of one model and size; as many as a power of two, so that few sizes of passes occur,
    /// each of which has its own memory.
    fileprivate mutating func nextPass() -> [ComputeShare]? {
      let waiting = lines.filter { !$0.value.entries.isEmpty }
      guard let (name, _) = waiting.min(by: { ($0.value.used, $0.key) < ($1.value.used, $1.key) }) else { return nil }
      turn = lines[name]!.used
      let entries = lines[name]!.entries
      let limit = entries[0].model.batchLimit
      var (shares, total) = ([ComputeShare](), 0)
      for entry in entries where total < limit {
        guard entry.suits(entries[0]) else { break }
        let count = min(entry.count - entry.next, limit - total)
        shares.append(ComputeShare(entry: entry, images: entry.next..<entry.next + count))
        total += count
      }
      var size = 1
      while size * 2 <= total { size *= 2 }
      shares = Self.first(size, of: shares)
      for share in shares { share.entry.next = share.images.upperBound }
      let done = shares.filter { $0.entry.next == $0.entry.count }.count
      lines[name]!.entries.removeFirst(done)
      return shares
    }

    private static func first(_ count: Int, of shares: [ComputeShare]) -> [ComputeShare] {
      var left = count
      return shares.compactMap { share in
        let taken = min(left, share.images.count)
        left -= taken
        let range = share.images.lowerBound..<share.images.lowerBound + taken
        return taken > 0 ? ComputeShare(entry: share.entry, images: range) : nil
      }
    }
  }

  extension Scheduler {
    private func compute(_ pass: [ComputeShare]) {
      let model = pass[0].entry.model
      let start = ContinuousClock.now
      let outputs = pass.reduce(into: Predictor.Outputs()) { $0.formUnion($1.entry.outputs) }
      let result = Result { try model.predictor.run(Self.images(of: pass), outputs: outputs) }
      let time = ContinuousClock.now - start
      let count = pass.reduce(0) { $0 + $1.images.count }
      metrics.passes.record(images: count, seconds: time.inSeconds)
      model.statistics.pass(images: count, time: time)
      let answered = state.withLock { state -> [(ComputeEntry, CheckedContinuation<ComputeResult, any Error>)] in
        state.lines[model.name]?.used += time.inSeconds
        state.pace = 0.9 * state.pace + 0.1 * time.inSeconds / Double(count)
        var (first, answered) = (0, [(ComputeEntry, CheckedContinuation<ComputeResult, any Error>)]())
        for share in pass {
          defer { first += share.images.count }
          guard !share.entry.isOver else { continue }
          share.entry.take(result, from: first, images: share.images.count, start: start, time: time)
          guard share.entry.failure != nil || share.entry.computed == share.entry.count else { continue }
          share.entry.isOver = true
          state.lines[model.name]?.entries.removeAll { $0 === share.entry }
          if let continuation = share.entry.continuation { answered.append((share.entry, continuation)) }
          share.entry.continuation = nil
        }
        return answered
      }
      for (entry, continuation) in answered {
        if let failure = entry.failure {
          continuation.resume(throwing: failure)
        } else {
          continuation.resume(returning: entry.result)
        }
      }
    }

    /// `[N, C, H, W]` of a pass.
    private static func images(of pass: [ComputeShare]) -> Tensor {
      let first = pass[0]
      if pass.count == 1, first.images.count == first.entry.count { return first.entry.images }
      let shape = first.entry.images.shape
      let each = shape[1...].reduce(1, *)
      let count = pass.reduce(0) { $0 + $1.images.count }
      var pixels: [Float] = []
      pixels.reserveCapacity(count * each)
      for share in pass {
        let range = share.images.lowerBound * each..<share.images.upperBound * each
        pixels.append(contentsOf: share.entry.images.storage[range])
      }
      return Tensor(shape: [count] + shape[1...], channelsLast: pixels)
    }
  }

  extension ComputeEntry {
    /// Takes the results of some of its images out of a pass.
    /// - Parameter first: their place in the pass.
    fileprivate func take(
      _ pass: Result<Predictor.Output, any Error>, from first: Int, images: Int, start: ContinuousClock.Instant,
      time: Duration
    ) {
      switch pass {
      case .failure(let error): failure = error
      case .success(let output):
        let classes = model.classNames.count
        if computed == 0 { result.waiting = start - arrival }
        result.computing += time
        result.logits.append(contentsOf: output.logits!.storage[first * classes..<(first + images) * classes])
        if outputs.contains(.activations), let maps = output.activations {
          let each = maps.shape[1...].reduce(1, *)
          for image in first..<first + images {
            let values = Array(maps.storage[image * each..<(image + 1) * each])
            result.activations.append(Tensor(shape: [1] + maps.shape[1...], channelsLast: values))
          }
        }
        computed += images
      }
    }
  }
#endif
