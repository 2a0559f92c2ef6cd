public import DenseNets
import Foundation
import Synchronization

extension PictureFiles {
  /// No more of the pictures may be damaged, as a share.
  public static let damagedShareLimit = 0.1

  /// The pictures that can be decoded, and those that cannot. Each is decoded once, on all cores.
  /// - Parameter progress: called from any thread with the number of pictures that are done.
  /// - Throws: `Failure(.invalidData)` where more than ``damagedShareLimit`` of the pictures are damaged, or all of a
  ///   class.
  public func checked(
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws(Failure) -> (sound: PictureFiles, skipped: [SkippedImage]) {
    let state = Mutex((done: 0, damaged: [Int: Failure]()))
    withoutActuallyEscaping(progress) { progress in
      DispatchQueue.concurrentPerform(iterations: count) { index in
        var failure: Failure?
        do throws(Failure) { _ = try picture(at: index) } catch { failure = error }
        let done = state.withLock { state in
          state.damaged[index] = failure
          state.done += 1
          return state.done
        }
        progress(done)
      }
    }
    let damaged = state.withLock { $0.damaged }
    let skipped = damaged.keys.sorted().map { SkippedImage(file: paths[$0], failure: damaged[$0]!) }
    let sound = selecting(labels.indices.filter { damaged[$0] == nil })
    if let first = skipped.first {
      guard Double(skipped.count) <= Self.damagedShareLimit * Double(count) else {
        throw Failure(
          .invalidData,
          "\(grouped(skipped.count)) of \(grouped(count)) pictures cannot be read, more than \(Int(100 * Self.damagedShareLimit))%, as \(first.failure)"
        )
      }
      for (label, name) in classNames.enumerated() where classCounts[label] > 0 && sound.classCounts[label] == 0 {
        throw Failure(.invalidData, "no picture of class \(name) can be read, as \(first.failure)")
      }
    }
    return (sound, skipped)
  }
}
