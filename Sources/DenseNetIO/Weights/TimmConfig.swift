import Foundation

/// The `config.json` that timm writes beside a model's weights; its `pretrained_cfg` lies flat in older ones.
struct TimmConfig: Decodable {
  static let maximumSize = 1 << 24

  private struct Pretrained: Decodable {
    var inputSize: [Int]?
    var mean: [Double]?
    var std: [Double]?
    var interpolation: String?
    var cropPct: Double?
    var labelNames: [String]?

    enum CodingKeys: String, CodingKey {
      case inputSize = "input_size"
      case mean, std, interpolation
      case cropPct = "crop_pct"
      case labelNames = "label_names"
    }
  }

  private let architecture: String?
  private let numClasses: Int?
  private let pretrained: Pretrained

  enum CodingKeys: String, CodingKey {
    case architecture
    case numClasses = "num_classes"
    case pretrained = "pretrained_cfg"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    architecture = try values.decodeIfPresent(String.self, forKey: .architecture)
    guard architecture != nil else {
      // A run's settings, or those of another library's model.
      (numClasses, pretrained) = (nil, Pretrained())
      return
    }
    numClasses = try values.decodeIfPresent(Int.self, forKey: .numClasses)
    let flat = try Pretrained(from: decoder)
    var nested = try values.decodeIfPresent(Pretrained.self, forKey: .pretrained) ?? flat
    nested.labelNames = nested.labelNames ?? flat.labelNames
    pretrained = nested
  }

  /// The model's name, its classes where there is a name for each, and its preprocessing.
  var card: ModelCard {
    var card = ModelCard(model: architecture)
    if let names = pretrained.labelNames, numClasses == nil || names.count == numClasses { card.classNames = names }
    card.preprocessing = preprocessing
    return card
  }

  private struct Preprocessing: Encodable {
    struct Resize: Encodable { let shorterSide: Int }

    let inputChannels: Int
    let resize: Resize
    let crop: [Int]
    let interpolation: String
    let mean: [Double]
    let std: [Double]
  }

  /// What timm does for evaluation: the shorter side to ⌊size / crop_pct⌋, then a crop from the centre, then
  /// (x − mean) / std. Fields that are not there have timm's defaults, ImageNet's.
  private var preprocessing: String? {
    guard let size = pretrained.inputSize, size.count == 3, size.allSatisfy({ (1...65_536).contains($0) }) else {
      return nil
    }
    let share = pretrained.cropPct ?? 0.875
    guard share > 0.01, share <= 1 else { return nil }
    let value = Preprocessing(
      inputChannels: size[0],
      resize: .init(shorterSide: Int((Double(min(size[1], size[2])) / share).rounded(.down))),
      crop: [size[1], size[2]],
      interpolation: pretrained.interpolation ?? "bicubic", mean: pretrained.mean ?? [0.485, 0.456, 0.406],
      std: pretrained.std ?? [0.229, 0.224, 0.225])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}
