#if MPI
  internal import CMPI
  import DenseNets

  #if canImport(Darwin)
    import Darwin
  #elseif canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// The only file that calls MPI, and holds raw pointers. One call at a time, from any thread.
  final class Communicator: @unchecked Sendable {
    let rank: Int
    let count: Int
    /// Of each rank.
    private(set) var hosts: [String] = []
    private let types: cmpi_types
    /// Ends this process and all others; called with what went wrong.
    private let end: @Sendable (Failure) -> Never
    /// How long another may keep this one waiting; nil: for ever.
    var timeout: Duration?
    /// What was waited for others in all.
    private(set) var waited = Duration.zero
    /// Whether sums that are begun go on while the caller computes; else they wait for the end.
    var overlaps = true
    private var sums: [(values: UnsafeMutableBufferPointer<Float>, request: cmpi_request)] = []

    /// Joins the processes that a launcher has started.
    init(end: @escaping @Sendable (Failure) -> Never) throws(Failure) {
      var (types, rank, count) = (cmpi_types(), Int32(0), Int32(0))
      let code = cmpi_start(&types, &rank, &count)
      guard cmpi_succeeded(code) != 0 else {
        throw Failure(.inputOutput, "MPI: cannot start: \(Self.text { cmpi_error(code, $0) }); check the installation")
      }
      (self.types, self.rank, self.count, self.end) = (types, Int(rank), Int(count), end)
      let own = Self.text { cmpi_host($0) }
      hosts = gather(own.utf8.map(Float.init)).map { String(decoding: $0.map { UInt8($0) }, as: UTF8.self) }
    }

    private static func text(_ fill: (UnsafeMutablePointer<CChar>) -> Int32) -> String {
      var characters = [CChar](repeating: 0, count: Int(cmpi_longest_text) + 1)
      _ = fill(&characters)
      return String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func name(of rank: Int) -> String {
      "rank \(rank) on \(hosts.indices.contains(rank) ? hosts[rank] : "its machine")"
    }

    // MARK: Operations

    func sum(_ values: inout [Double]) {
      let count = Int32(values.count)
      values.withUnsafeMutableBufferPointer { values in
        complete { cmpi_sum_doubles(values.baseAddress, count, &$0) }
      }
    }

    func join(_ moments: inout [Moments]) {
      let buffer = UnsafeMutableBufferPointer<cmpi_moments>.allocate(capacity: moments.count)
      defer { buffer.deallocate() }
      for (i, m) in moments.enumerated() { buffer[i] = cmpi_moments(count: m.count, mean: m.mean, squares: m.squares) }
      complete { cmpi_join_moments(types, buffer.baseAddress, Int32(buffer.count), &$0) }
      for i in moments.indices {
        moments[i] = Moments(count: buffer[i].count, mean: buffer[i].mean, squares: buffer[i].squares)
      }
    }

    func beginSum(_ values: [Float]) {
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
      _ = buffer.initialize(from: values)
      sums.append((buffer, cmpi_request()))
      if overlaps { start(sums.count - 1) }
    }

    private func start(_ i: Int) {
      check(cmpi_sum_floats(sums[i].values.baseAddress, Int32(sums[i].values.count), &sums[i].request))
    }

    func finishSums() -> [[Float]] {
      defer { sums = [] }
      return sums.indices.map { i in
        if !overlaps { start(i) }
        wait(&sums[i].request)
        defer { sums[i].values.deallocate() }
        return Array(sums[i].values)
      }
    }

    /// MPI works on what was begun inside its calls alone.
    func poll() {
      guard overlaps else { return }
      var isDone: Int32 = 0
      for i in sums.indices { check(cmpi_test(&sums[i].request, &isDone)) }
    }

    func gather(_ values: [Float]) -> [[Float]] {
      var counts = [Int32](repeating: 0, count: count)
      counts[rank] = Int32(values.count)
      counts.withUnsafeMutableBufferPointer { counts in
        complete { cmpi_gather_counts(counts.baseAddress, &$0) }
      }
      var places = [Int32](repeating: 0, count: count)
      for other in 1..<max(1, count) { places[other] = places[other - 1] + counts[other - 1] }
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: counts.reduce(0) { $0 + Int($1) } + 1)
      defer { buffer.deallocate() }
      for (i, value) in values.enumerated() { buffer[Int(places[rank]) + i] = value }
      counts.withUnsafeBufferPointer { counts in
        places.withUnsafeBufferPointer { places in
          complete { cmpi_gather_floats(buffer.baseAddress, counts.baseAddress, places.baseAddress, &$0) }
        }
      }
      return zip(places, counts).map { Array(buffer[Int($0)..<Int($0 + $1)]) }
    }

    func exchange(_ messages: [(to: Int, values: [Double])], from sources: [(rank: Int, count: Int)]) -> [[Double]] {
      var pending: [(buffer: UnsafeMutableBufferPointer<Double>, request: cmpi_request)] = []
      for (rank, count) in sources {
        var one = (buffer: UnsafeMutableBufferPointer<Double>.allocate(capacity: count), request: cmpi_request())
        check(cmpi_receive_doubles(one.buffer.baseAddress, Int32(count), Int32(rank), &one.request))
        pending.append(one)
      }
      for (rank, values) in messages {
        var one = (buffer: UnsafeMutableBufferPointer<Double>.allocate(capacity: values.count), request: cmpi_request())
        _ = one.buffer.initialize(from: values)
        check(cmpi_send_doubles(one.buffer.baseAddress, Int32(values.count), Int32(rank), &one.request))
        pending.append(one)
      }
      for i in pending.indices { wait(&pending[i].request) }
      defer { for one in pending { one.buffer.deallocate() } }
      return pending.prefix(sources.count).map { Array($0.buffer) }
    }

    func broadcast(_ bytes: [UInt8]) -> [UInt8] {
      var size = [rank == 0 ? Double(bytes.count) : 0]
      sum(&size)
      var result = rank == 0 ? bytes : [UInt8](repeating: 0, count: Int(size[0]))
      result.withUnsafeMutableBufferPointer { all in
        for first in stride(from: 0, to: all.count, by: 1 << 30) {
          let part = UnsafeMutableBufferPointer(rebasing: all[first..<min(all.count, first + 1 << 30)])
          complete { cmpi_broadcast(part.baseAddress, Int32(part.count), &$0) }
        }
      }
      return result
    }

    func finish() { _ = cmpi_finish() }

    /// Ends all processes.
    static func abort(_ status: Int32) -> Never {
      _ = cmpi_abort(status)
      _exit(status)
    }

    // MARK: Waiting

    private func complete(_ begin: (inout cmpi_request) -> Int32) {
      var request = cmpi_request()
      check(begin(&request))
      wait(&request)
    }

    private func check(_ code: Int32) {
      guard cmpi_succeeded(code) == 0 else { return }
      end(Failure(.inputOutput, "\(name(of: rank)): MPI: \(Self.text { cmpi_error(code, $0) })"))
    }

    /// Waits, at first without giving the core away, since most waits are short.
    private func wait(_ request: inout cmpi_request) {
      let began = ContinuousClock.now
      var (isDone, tries) = (Int32(0), 0)
      var hasTold = false
      while true {
        check(cmpi_test(&request, &isDone))
        if isDone != 0 { break }
        tries += 1
        guard tries > 500 else { continue }
        sched_yield()
        guard tries % 256 == 0 else { continue }
        let spent = ContinuousClock.now - began
        if spent > .seconds(1) { usleep(200) }
        guard let timeout else { continue }
        if !hasTold, spent > timeout * 0.7 {
          hasTold = true
          tellAlive()
        }
        if spent > timeout { endForSilence(spent) }
      }
      waited += ContinuousClock.now - began
    }

    private func tellAlive() {
      for other in 0..<count where other != rank {
        var request = cmpi_request()
        check(cmpi_send_alive(Int32(other), &request))
      }
    }

    /// Names those that do not even wait. The lowest of the others speaks for all; should it fail, the next ones do.
    private func endForSilence(_ spent: Duration) -> Never {
      var alive: Set = [rank]
      let began = ContinuousClock.now
      while ContinuousClock.now - began < .seconds(1) {
        var from: Int32 = -1
        check(cmpi_receive_alive(&from))
        if from >= 0 { alive.insert(Int(from)) } else { usleep(1000) }
      }
      let silent = (0..<count).filter { !alive.contains($0) }
      if let place = alive.sorted().firstIndex(of: rank), place > 0 { sleep(UInt32(2 * place)) }
      let names = silent.isEmpty ? "another rank" : silent.prefix(4).map { name(of: $0) }.joined(separator: ", ")
      end(
        Failure(
          .inputOutput,
          "\(names): gave no sign for \(Int(spent / .seconds(1))) s; restart the job without that machine, from the newest checkpoint, or allow more time",
          settings: ["mpiTimeout"]))
    }
  }
#endif
