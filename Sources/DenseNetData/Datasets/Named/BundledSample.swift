import CFashionSample
import DenseNets

/// The sample of Fashion-MNIST inside the program: 2,000 training and 1,000 test images, the same number of each class.
public enum BundledSample {
  /// The name by which ``DatasetFinder`` knows it.
  public static let name = "fashion-mnist-sample"

  /// The licence of the images (MIT, Zalando SE).
  public static var license: String {
    let file = fashion_sample_license()
    return String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
  }

  public static func load() throws -> DatasetSplits {
    DatasetSplits(
      train: try split(fashion_sample_train_images(), fashion_sample_train_labels(), of: "train"),
      test: try split(fashion_sample_test_images(), fashion_sample_test_labels(), of: "test"),
      origin: "a sample of Fashion-MNIST that this program holds (2,000 training and 1,000 test images)")
  }

  private static func split(
    _ images: fashion_sample_file, _ labels: fashion_sample_file, of part: String
  ) throws -> ImageDataset {
    let imagesName = "bundled \(part) images"
    let labelsName = "bundled \(part) labels"
    let remedy = "build the program again"
    return try ImageDataset(
      name: name, classNames: DatasetDescription.fashionMNIST.classNames,
      images: IDXFile(content(images, imagesName, remedy), rank: 3, remedy: remedy),
      labels: IDXFile(content(labels, labelsName, remedy), rank: 1, remedy: remedy),
      imagesName: imagesName, labelsName: labelsName, remedy: remedy)
  }

  private static func content(_ file: fashion_sample_file, _ name: String, _ remedy: String) throws -> GzipReader {
    try GzipReader(
      MemoryBytes(name: name, UnsafeRawBufferPointer(start: file.bytes, count: file.count)), remedy: remedy)
  }
}
