import CImageNetLabels

/// The classes of ImageNet-1k (ILSVRC 2012).
public enum ImageNetLabels {
  /// The 1,000 names in the order of the labels, as torchvision publishes them: `tench`, `goldfish`, …
  public static let classNames: [String] = {
    let file = imagenet_labels()
    let text = String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }()
}
