#if Serve
  import DenseNets
  import Foundation
  import Synchronization

  /// What was done for a model's requests since the server began.
  final class ModelStatistics: Sendable {
    /// How often something was done, and for how long in all.
    struct Sum: Sendable, Equatable {
      var count = 0
      var nanoseconds = 0

      mutating func add(_ time: Duration, count: Int = 1) {
        self.count += count
        nanoseconds += Int(time.inSeconds * 1e9)
      }
    }

    struct Values: Sendable, Equatable {
      /// Requests that were answered, from arrival to answer.
      var success = Sum()
      var fail = Sum()
      /// Waiting for the network.
      var queue = Sum()
      /// Decoding and preparing the input.
      var input = Sum()
      /// The network.
      var inference = Sum()
      /// Making the answer.
      var output = Sum()
      /// Images, whatever passes they came in.
      var images = 0
      /// Passes through the network.
      var passes = 0
      /// Passes by their number of images.
      var batches: [Int: Sum] = [:]
      /// When the last request ended, in milliseconds since 1970.
      var last = 0
    }

    private let state = Mutex(Values())

    var values: Values { state.withLock { $0 } }

    func pass(images: Int, time: Duration) {
      state.withLock { values in
        values.passes += 1
        values.batches[images, default: Sum()].add(time)
      }
    }

    func succeeded(
      images: Int, total: Duration, input: Duration, waiting: Duration, computing: Duration, output: Duration
    ) {
      let now = Int(Date().timeIntervalSince1970 * 1000)
      state.withLock { values in
        values.success.add(total)
        values.queue.add(waiting)
        values.input.add(input)
        values.inference.add(computing)
        values.output.add(output)
        values.images += images
        values.last = now
      }
    }

    func failed(total: Duration) {
      state.withLock { $0.fail.add(total) }
    }
  }
#endif
