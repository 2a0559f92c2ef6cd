import Foundation

/// CIFAR-10 or CIFAR-100 in its binary version: 50,000 training and 10,000 test images, 32 × 32 in RGB (Krizhevsky
/// 2009).
struct CIFARDescription: Sendable {
  let name: String
  let title: String
  let classNames: [String]
  /// Each holds records: labels of one byte, then the red, green and blue values, row by row.
  let trainFiles: [String]
  let testFile: String
  /// The labels of a record, of which the last counts.
  let labelBytes: Int
  /// The folder in the archive.
  let folder: String
  /// The published archive of the files: a tar archive in gzip.
  let archive: DatasetDescription.File

  static let mirrors = [URL(string: "https://www.cs.toronto.edu/~kriz/")!]
  static let side = 32
  static let (trainCount, testCount) = (50_000, 10_000)
  static var pixelBytes: Int { 3 * side * side }

  static let all = [
    CIFARDescription(
      name: "cifar10", title: "CIFAR-10",
      classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
      trainFiles: (1...5).map { "data_batch_\($0).bin" }, testFile: "test_batch.bin", labelBytes: 1,
      folder: "cifar-10-batches-bin",
      archive: DatasetDescription.File(
        name: "cifar-10-binary.tar.gz", packedMD5: "c32a1d4ab5d03f1284b67883e8d87530", bytes: 170_052_171)),
    CIFARDescription(
      name: "cifar100", title: "CIFAR-100", classNames: fineNames, trainFiles: ["train.bin"], testFile: "test.bin",
      labelBytes: 2, folder: "cifar-100-binary",
      archive: DatasetDescription.File(
        name: "cifar-100-binary.tar.gz", packedMD5: "03b5dce01913d631647c71ecec9e9cb8", bytes: 168_513_733)),
  ]

  /// In the order of their labels, which is alphabetical.
  private static let fineNames = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle \
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant \
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree \
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate \
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider \
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle \
    wardrobe whale willow_tree wolf woman worm
    """.split(separator: " ").map(String.init)
}
