import DenseNets

/// The `config.json` that timm writes beside a model's weights; in older ones, the fields of `pretrained_cfg` are at
/// the top level.
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
  /// - Parameter source: the file's name for messages.
  func card(source: String) -> ModelCard {
    var card = ModelCard(model: architecture)
    if let names = pretrained.labelNames, numClasses == nil || names.count == numClasses { card.classNames = names }
    card.preprocessing = preprocessing(source: source)
    return card
  }

  /// What timm does for evaluation: the shorter side to ⌊size / crop_pct⌋, then a crop from the centre, then
  /// (x − mean) / std. Fields that are not there have timm's defaults, ImageNet's.
  private func preprocessing(source: String) -> CardEntry<Preprocessing>? {
    guard let size = pretrained.inputSize, size.count == 3, size.allSatisfy({ (1...65_536).contains($0) }) else {
      return nil
    }
    let share = pretrained.cropPct ?? 0.875
    guard share > 0.01, share <= 1 else { return nil }
    // Not validated here: whether it makes sense matters only to those who prepare images by it.
    var value = Preprocessing.imageNet
    value.inputChannels = size[0]
    value.resize = .shorterSide(Int((Double(min(size[1], size[2])) / share).rounded(.down)))
    value.crop = [size[1], size[2]]
    if let mean = pretrained.mean { value.mean = mean }
    if let std = pretrained.std { value.std = std }
    let filter = pretrained.interpolation ?? Interpolation.bicubic.rawValue
    value.interpolation = Interpolation(rawValue: filter) ?? .bicubic
    var json = sortedJSON(value)
    if value.interpolation.rawValue != filter {
      // A filter that only timm has: the entry must not claim another one.
      json.replace(
        "\"interpolation\":\(quoted(value.interpolation.rawValue))", with: "\"interpolation\":\(quoted(filter))")
    }
    return CardEntry(json: json) { data throws(Failure) in try Preprocessing(json: data, source: source) }
  }
}
