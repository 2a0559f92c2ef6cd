import DenseNets
import Foundation

/// The fields of timm's `PretrainedCfg`.
struct TimmPretrained {
  /// Those that say how images become inputs, or what the outputs mean.
  private static let activeFields: Set<String> = [
    "input_size", "in_chans", "interpolation", "crop_pct", "crop_mode", "mean", "std", "num_classes", "label_offset",
    "label_names", "custom_load", "state_dict",
  ]
  /// Those without effect on the answer: where the weights come from; sizes that timm uses only where it is asked to
  /// (`test_…`), or that a network which averages its last map does not need; and the names of layers, which the weights
  /// themselves have.
  private static let inertFields: Set<String> = [
    "url", "file", "hf_hub_id", "hf_hub_filename", "hf_hub", "source", "architecture", "tag", "test_input_size",
    "min_input_size", "fixed_input_size", "test_crop_pct", "label_descriptions", "pool_size", "test_pool_size",
    "first_conv", "classifier", "license", "description", "origin_url", "paper_name", "paper_ids", "notes",
    "num_features",
  ]

  static func isKnown(_ key: String) -> Bool { activeFields.contains(key) || inertFields.contains(key) }

  private let fields: [String: JSONValue]

  /// - Parameter fields: null is as good as none.
  init(_ fields: [String: JSONValue]) { self.fields = fields.filter { $0.value != .null } }

  /// - Throws: `Failure` that names a field which makes the tensors others than the file has.
  func checkModel() throws(Failure) {
    for key in ["custom_load", "state_dict"] {
      guard let found = fields[key], found != .bool(false), found != .object([:]) else { continue }
      throw Failure(.invalidData, "pretrained_cfg: \(key): expected none, found \(printable(found.text))")
    }
  }

  func labelOffset() throws(Failure) -> (offset: Int, count: Int)? {
    guard let found = fields["label_offset"], found != .integer(0) else { return nil }
    guard case .integer(let offset) = found, (0...1 << 16).contains(offset),
      case .integer(let count) = fields["num_classes"] ?? .integer(1000), (1...1 << 24).contains(count)
    else {
      throw Failure(
        .invalidData, "pretrained_cfg: label_offset: expected a number of classes, found \(printable(found.text))")
    }
    return (offset, count)
  }

  func classNames() throws(Failure) -> [String]? {
    guard let found = fields["label_names"] else { return nil }
    guard case .array(let values) = found else {
      throw Failure(.invalidData, "label_names: expected a list of names, found \(printable(found.text))")
    }
    if values.isEmpty { return nil }
    if case .integer(let count)? = fields["num_classes"], count != values.count {
      throw Failure(.invalidData, "label_names: expected \(count) names as num_classes says, found \(values.count)")
    }
    return values.map(\.text)
  }

  /// What timm does for evaluation. Fields that are not there have timm's defaults, ImageNet's.
  ///
  /// What cannot be done is written down as such: it matters only to those who prepare images by it.
  func preprocessing(source: String) -> CardEntry<Preprocessing> {
    let json: String
    do throws(Failure) { json = sortedJSON(try preprocessing()) } catch {
      json = "{\"unsupported\":\(quoted("\(error)"))}"
    }
    return CardEntry(json: json) { data throws(Failure) in try Preprocessing(json: data, source: source) }
  }

  private func preprocessing() throws(Failure) -> Preprocessing {
    for key in fields.keys.sorted() where !Self.isKnown(key) {
      throw Failure(.invalidData, "pretrained_cfg: the field \(printable(key)) is not known")
    }
    let size = try inputSize()
    let share = try cropShare()
    var value = Preprocessing.imageNet
    value.inputChannels = size[0]
    value.mean = try channels("mean", count: size[0]) ?? value.mean
    value.std = try channels("std", count: size[0]) ?? value.std
    value.interpolation = try interpolation()
    value.crop = [size[1], size[2]]
    let (height, width) = (scaled(size[1], share), scaled(size[2], share))
    switch try text("crop_mode") ?? "center" {
    case "center": value.resize = height == width ? .shorterSide(height) : .cover(height: height, width: width)
    case "squash":
      value.resize = .exact(height: height, width: width)
      if value.crop == [height, width] { value.crop = nil }
    case "border":
      value.resize = .fit(height: height, width: width)
      value.fill = value.mean.map { Int((255 * min(max($0, -1e6), 1e6)).rounded(.toNearestOrEven)) }
    case let other:
      throw Failure(
        .invalidData, "pretrained_cfg: crop_mode: expected center, squash or border, found \(printable(other))")
    }
    do throws(Failure) { try value.validate(.invalidData) } catch {
      throw Failure(.invalidData, "pretrained_cfg: \(error)")
    }
    return value
  }

  private func scaled(_ side: Int, _ share: Double) -> Int { Int((Double(side) / share).rounded(.down)) }

  private func inputSize() throws(Failure) -> [Int] {
    var size = try numbers("input_size")?.map { Int(exactly: $0) ?? 0 } ?? [3, 224, 224]
    guard size.count == 3, size.allSatisfy({ (1...65_536).contains($0) }) else {
      throw Failure(
        .invalidData, "pretrained_cfg: input_size: expected channels, height and width, found \(size.prefix(8))")
    }
    if case .integer(let channels)? = fields["in_chans"] {
      guard (1...1024).contains(channels) else {
        throw Failure(.invalidData, "pretrained_cfg: in_chans: expected 1 to 1024, found \(channels)")
      }
      size[0] = channels
    }
    return size
  }

  /// Python takes 0 for none.
  private func cropShare() throws(Failure) -> Double {
    guard let share = try numbers("crop_pct", isList: false)?[0], share != 0 else { return 0.875 }
    guard share > 0.01, share <= 100 else {
      throw Failure(.invalidData, "pretrained_cfg: crop_pct: expected a number from 0.01 to 100, found \(share)")
    }
    return share
  }

  private func interpolation() throws(Failure) -> Interpolation {
    let name = try text("interpolation") ?? Interpolation.bicubic.rawValue
    guard let filter = Interpolation(rawValue: name) else {
      throw Failure(
        .invalidData,
        "pretrained_cfg: interpolation: expected \(Interpolation.allCases.map(\.rawValue).joined(separator: ", ")), found \(printable(name))"
      )
    }
    return filter
  }

  /// A number for each channel; a single one is for all.
  private func channels(_ key: String, count: Int) throws(Failure) -> [Double]? {
    guard let values = try numbers(key), !values.isEmpty else { return nil }
    return values.count == 1 ? Array(repeating: values[0], count: count) : values
  }

  /// Empty text is as good as none.
  private func text(_ key: String) throws(Failure) -> String? {
    guard let found = fields[key] else { return nil }
    guard case .string(let text) = found else {
      throw Failure(.invalidData, "pretrained_cfg: \(key): expected text, found \(printable(found.text))")
    }
    return text.isEmpty ? nil : text
  }

  private func numbers(_ key: String, isList: Bool = true) throws(Failure) -> [Double]? {
    func number(_ value: JSONValue) -> Double? {
      switch value {
      case .integer(let number): Double(number)
      case .number(let number): number
      default: nil
      }
    }
    guard let found = fields[key] else { return nil }
    let values: [Double?]
    switch found {
    case .array(let items) where isList && items.count <= 1024: values = items.map(number)
    case let single where !isList: values = [number(single)]
    default: values = [nil]
    }
    guard values.allSatisfy({ $0 != nil }) else {
      throw Failure(
        .invalidData,
        "pretrained_cfg: \(key): expected \(isList ? "a list of numbers" : "a number"), found \(printable(found.text))")
    }
    return values.map { $0! }
  }
}
