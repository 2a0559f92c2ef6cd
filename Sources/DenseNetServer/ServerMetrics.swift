#if Serve
  import Synchronization

  /// What the server counts of all its work, for `GET /metrics`.
  final class ServerMetrics: Sendable {
    /// Requests that found the queue full.
    let refusals = Counter()
    let passes = PassMetrics()
    /// Decoding, resizing and normalising, in seconds per request.
    let decoding = Histogram(Histogram.seconds)
    let waiting = Histogram(Histogram.seconds)
    let http = AnswerMetrics()
    let grpc = AnswerMetrics()
  }

  /// Answers over one protocol.
  final class AnswerMetrics: Sendable {
    /// By route and status.
    let answers = Mutex<[Answer: Int]>([:])
    /// From a request's head to its answer, in seconds, by route.
    let latencies = Mutex<[String: Histogram]>([:])

    struct Answer: Hashable, Sendable {
      let route: String
      let method: String
      let status: Int
    }

    func answered(_ answer: Answer, seconds: Double) {
      answers.withLock { $0[answer, default: 0] += 1 }
      let histogram = latencies.withLock { histograms in
        if let known = histograms[answer.route] { return known }
        let new = Histogram(Histogram.seconds)
        histograms[answer.route] = new
        return new
      }
      histogram.record(seconds)
    }
  }

  /// Passes through networks.
  final class PassMetrics: Sendable {
    let seconds = Histogram(Histogram.seconds)
    let images = Histogram([1, 2, 4, 8, 16])

    func record(images count: Int, seconds time: Double) {
      seconds.record(time)
      images.record(Double(count))
    }
  }

  final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// - Returns: the new value.
    @discardableResult
    func add() -> Int { count.add(1, ordering: .relaxed).newValue }
    func subtract() { count.subtract(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
  }

  /// How often values lay below some bounds, as Prometheus counts them.
  final class Histogram: Sendable {
    struct Values: Sendable {
      /// Of values up to each bound, and above the one before it; the last are those above all.
      var counts: [Int]
      var sum = 0.0
    }

    static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    let bounds: [Double]
    private let state: Mutex<Values>

    init(_ bounds: [Double]) {
      self.bounds = bounds
      state = Mutex(Values(counts: [Int](repeating: 0, count: bounds.count + 1)))
    }

    var values: Values { state.withLock { $0 } }

    func record(_ value: Double) {
      let place = bounds.firstIndex { value <= $0 } ?? bounds.count
      state.withLock { values in
        values.counts[place] += 1
        values.sum += value
      }
    }
  }
#endif
