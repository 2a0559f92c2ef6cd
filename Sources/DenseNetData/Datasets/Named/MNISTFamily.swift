import Foundation

extension DatasetDescription {
  /// 60,000 training and 10,000 test images of handwritten digits, 28 × 28 and grey (LeCun, Cortes and Burges).
  public static let mnist = DatasetDescription(
    name: "mnist", title: "MNIST", classNames: (0...9).map { "\($0)" },
    trainImages: File(
      name: "train-images-idx3-ubyte.gz", md5: "6bbc9ace898e44ae57da46a324031adb", bytes: 47_040_016),
    trainLabels: File(name: "train-labels-idx1-ubyte.gz", md5: "a25bea736e30d166cdddb491f175f624", bytes: 60_008),
    testImages: File(name: "t10k-images-idx3-ubyte.gz", md5: "2646ac647ad5339dbf082846283269ea", bytes: 7_840_016),
    testLabels: File(name: "t10k-labels-idx1-ubyte.gz", md5: "27ae3e4e09519cfbb04c329615203637", bytes: 10_008),
    otherFolders: ["MNIST/raw", "raw"],
    mirrors: [
      URL(string: "https://ossci-datasets.s3.amazonaws.com/mnist/")!,
      URL(string: "https://storage.googleapis.com/cvdf-datasets/mnist/")!,
    ])

  /// 60,000 training and 10,000 test images of cursive Japanese characters (Clanuwat et al. 2018).
  public static let kmnist = DatasetDescription(
    name: "kmnist", title: "KMNIST", classNames: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    trainImages: File(
      name: "train-images-idx3-ubyte.gz", packedMD5: "bdb82020997e1d708af4cf47b453dcf7", bytes: 47_040_016),
    trainLabels: File(name: "train-labels-idx1-ubyte.gz", packedMD5: "e144d726b3acfaa3e44228e80efcd344", bytes: 60_008),
    testImages: File(
      name: "t10k-images-idx3-ubyte.gz", packedMD5: "5c965bf0a639b31b8f53240b1b52f4d7", bytes: 7_840_016),
    testLabels: File(name: "t10k-labels-idx1-ubyte.gz", packedMD5: "7320c461ea6c1c855c0b718fb2a4b134", bytes: 10_008),
    otherFolders: ["KMNIST/raw", "raw"],
    mirrors: [URL(string: "http://codh.rois.ac.jp/kmnist/dataset/kmnist/")!])

  /// The six parts of EMNIST, handwritten digits and letters (Cohen et al. 2017). Its files hold images with rows and
  /// columns exchanged, and the letters' labels begin with 1. They are published in one large archive: the user brings
  /// them.
  public static let emnist: [DatasetDescription] = {
    let digits = (0...9).map { "\($0)" }
    let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
    let letters = capitals.map { $0.lowercased() }
    // Small letters that look like their capitals are one class with these.
    let distinct = letters.filter { !"cijklmopsuvwxyz".contains($0) }
    let parts: [(String, [String], Int)] = [
      ("byclass", digits + capitals + letters, 0), ("bymerge", digits + capitals + distinct, 0),
      ("balanced", digits + capitals + distinct, 0), ("letters", letters, 1), ("digits", digits, 0),
      ("mnist", digits, 0),
    ]
    return parts.map { part, classNames, firstLabel in
      func file(_ kind: String) -> File { File(name: "emnist-\(part)-\(kind)-ubyte.gz", bytes: 1 << 30) }
      return DatasetDescription(
        name: "emnist-\(part)", title: "EMNIST \(part)", classNames: classNames, trainImages: file("train-images-idx3"),
        trainLabels: file("train-labels-idx1"), testImages: file("test-images-idx3"),
        testLabels: file("test-labels-idx1"), otherFolders: ["emnist", "EMNIST/raw", "gzip", "raw"],
        firstLabel: firstLabel, isTransposed: true)
    }
  }()
}
