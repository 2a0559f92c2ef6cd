/// Which values of a map dropout zeroes: a function of the stream and of a value's place alone, so that neither threads
/// nor another computation change it.
struct DropoutMask {
  let rate: Float
  /// Another one for every layer and pass.
  let stream: UInt64
  /// Where the images begin in the batch.
  let firstImage: Int
}
