public import Foundation

/// A published dataset: its files, their checksums, and where to get them.
public struct DatasetDescription: Sendable {
  /// One file of a dataset, published as gzip.
  public struct File: Sendable {
    /// The published name, which ends in `.gz`; the unpacked file has the same name without it.
    public let name: String
    /// The md5 of the unpacked content, where it is known.
    public let md5: String?
    /// The md5 of the published file, for a download where that of the content is not known.
    package let packedMD5: String?
    /// The size of the unpacked content, or of the file where only a checksum of that is known.
    public let bytes: Int

    package init(name: String, md5: String? = nil, packedMD5: String? = nil, bytes: Int) {
      self.name = name
      self.md5 = md5
      self.packedMD5 = packedMD5
      self.bytes = bytes
    }
  }

  /// The name by which ``DatasetFinder`` knows it, which is also the name of its folder.
  public let name: String
  /// What a person calls it.
  public let title: String
  public let classNames: [String]
  public let trainImages: File
  public let trainLabels: File
  public let testImages: File
  public let testLabels: File
  /// Where other programs put the files, relative to a folder of datasets.
  package let otherFolders: [String]
  /// Folders on the web that hold the files, in the order in which they are tried; none: the user must bring the files.
  public internal(set) var mirrors: [URL]
  /// The label of the first class, as the files have it.
  package let firstLabel: Int
  /// Whether the files hold images with rows and columns exchanged.
  package let isTransposed: Bool

  package init(
    name: String, title: String, classNames: [String], trainImages: File, trainLabels: File, testImages: File,
    testLabels: File, otherFolders: [String] = [], mirrors: [URL] = [], firstLabel: Int = 0, isTransposed: Bool = false
  ) {
    self.name = name
    self.title = title
    self.classNames = classNames
    self.trainImages = trainImages
    self.trainLabels = trainLabels
    self.testImages = testImages
    self.testLabels = testLabels
    self.otherFolders = otherFolders
    self.mirrors = mirrors
    self.firstLabel = firstLabel
    self.isTransposed = isTransposed
  }

  var files: [File] { [trainImages, trainLabels, testImages, testLabels] }

  /// 60,000 training and 10,000 test images of clothes, 28 × 28 and grey (Xiao, Rasul and Vollgraf, 2017).
  public static let fashionMNIST = DatasetDescription(
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
    trainImages: File(
      name: "train-images-idx3-ubyte.gz", md5: "f4a8712d7a061bf5bd6d2ca38dc4d50a", bytes: 47_040_016),
    trainLabels: File(name: "train-labels-idx1-ubyte.gz", md5: "9018921c3c673c538a1fc5bad174d6f9", bytes: 60_008),
    testImages: File(name: "t10k-images-idx3-ubyte.gz", md5: "8181f5470baa50b63fa0f6fddb340f0a", bytes: 7_840_016),
    testLabels: File(name: "t10k-labels-idx1-ubyte.gz", md5: "15d484375f8d13e6eb1aabb0c3f46965", bytes: 10_008),
    otherFolders: ["FashionMNIST/raw", "raw"],
    mirrors: [
      URL(string: "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")!,
      URL(string: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")!,
    ])

  /// Every dataset of IDX files that has a name, except the bundled sample (``BundledSample``).
  public static let all = [fashionMNIST, mnist, kmnist] + emnist
}
