public import DenseNets
import Foundation
import Synchronization

extension ImageSplits {
  /// The largest share of the images that may be damaged.
  package static let damagedShareLimit = 0.1

  /// The images that can be decoded, and those that cannot. Each is decoded once, on all cores.
  /// - Parameter progress: called from any thread with the number of images that are done.
  /// - Throws: `Failure(.invalidData)` where more than a tenth of all images are damaged, all training
  ///   images of a class, or all images of another part.
  public func checked(
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(Failure) -> (sound: ImageSplits, skipped: [SkippedImage]) {
    var shapes = ImageShapes()
    let (train, damaged) = train.decodable(&shapes, progress: progress)
    let (test, damagedTests) = test.decodable(&shapes) { progress(self.train.count + $0) }
    let others = validation?.decodable(&shapes) { progress(self.train.count + self.test.count + $0) }
    let skipped = damaged + damagedTests + (others?.damaged ?? [])
    // That the system is short of files or of memory is no fault of an image.
    if let short = skipped.first(where: { $0.failure.isShortage }) { throw short.failure }
    var warnings = warnings
    if let first = skipped.first {
      let total = count
      guard Double(skipped.count) <= Self.damagedShareLimit * Double(total) else {
        throw Failure(
          .invalidData,
          "\(grouped(skipped.count)) of \(grouped(total)) images cannot be read, more than \(Int(100 * Self.damagedShareLimit))%, for example \(first.failure)"
        )
      }
      let (counts, before) = (train.classCounts, self.train.classCounts)
      if train.labelMatrix == nil, let label = counts.indices.first(where: { counts[$0] == 0 && before[$0] > 0 }) {
        throw Failure(
          .invalidData,
          "no image of class \(train.classNames[label]) can be read, for example \(damaged.first?.failure ?? first.failure)"
        )
      }
      if train.count == 0 {
        throw Failure(.invalidData, "no training image can be read, for example \(first.failure)")
      }
      if test.count == 0, let first = damagedTests.first {
        throw Failure(.invalidData, "no test image can be read, for example \(first.failure)")
      }
      if let others, others.sound.count == 0, let first = others.damaged.first {
        throw Failure(.invalidData, "no validation image can be read, for example \(first.failure)")
      }
      let place = "of the images that can be read"
      let gaps = ImageSplits.gaps(place, train: train, test: test, validation: others?.sound)
      let known = ImageSplits.gaps(place, train: self.train, test: self.test, validation: validation)
      warnings += gaps.filter { !known.contains($0) }
    }
    var sound = ImageSplits(
      train: train, validation: others?.sound, test: test, origin: origin, warnings: warnings, notes: notes)
    (sound.comesWithTest, sound.carved, sound.shapes) = (comesWithTest, carved, shapes)
    return (sound, skipped)
  }
}

extension LabeledImageFiles {
  /// - Parameter shapes: gets those of the images.
  fileprivate func decodable(
    _ shapes: inout ImageShapes, progress: @escaping @Sendable (Int) -> Void
  ) -> (sound: LabeledImageFiles, damaged: [SkippedImage]) {
    let state = Mutex((done: 0, damaged: [Int: Failure](), shapes: ImageShapes()))
    onAllCores(count) { index in
      var (failure, shape) = (Failure?.none, ImageShapes())
      do throws(Failure) {
        shape.add(try image(at: index))
      } catch { failure = error }
      let done = state.withLock { state in
        state.damaged[index] = failure
        state.shapes.add(shape)
        state.done += 1
        return state.done
      }
      progress(done)
    }
    let (damaged, found) = state.withLock { ($0.damaged, $0.shapes) }
    shapes.add(found)
    return (
      selecting(labels.indices.filter { damaged[$0] == nil }),
      damaged.keys.sorted().map { SkippedImage(file: paths[$0], failure: damaged[$0]!) }
    )
  }
}
