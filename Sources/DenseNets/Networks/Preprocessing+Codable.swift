/// `{"inputChannels":3,"resize":{"shorterSide":256},"crop":[224,224],"interpolation":"bilinear","mean":[…],"std":[…]}`;
/// `"resize":{"exact":[96,96]}` for a height and a width, and no such key where nothing is resized.
extension Preprocessing: Codable {
  private enum Key: String, CodingKey {
    case inputChannels, resize, crop, interpolation, mean, std
  }

  private enum ResizeKey: String, CodingKey {
    case shorterSide, exact
  }

  /// - Throws: `Failure(.invalidData)` for values that make no sense, `DecodingError` for JSON of another form.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let channels = try values.decode(Int.self, forKey: .inputChannels)
    self = .squashed(channels: min(max(channels, 0), 3), size: 1)
    inputChannels = channels
    resize = try Self.resize(in: values)
    crop = try values.decodeIfPresent([Int].self, forKey: .crop)
    interpolation = try values.decodeIfPresent(Interpolation.self, forKey: .interpolation) ?? .bilinear
    mean = try values.decodeIfPresent([Double].self, forKey: .mean) ?? mean
    std = try values.decodeIfPresent([Double].self, forKey: .std) ?? std
    try validate(.invalidData)
  }

  private static func resize(in values: KeyedDecodingContainer<Key>) throws -> Resize {
    guard values.contains(.resize), try !values.decodeNil(forKey: .resize) else { return .none }
    let sizes = try values.nestedContainer(keyedBy: ResizeKey.self, forKey: .resize)
    let shorterSide = try sizes.decodeIfPresent(Int.self, forKey: .shorterSide)
    let exact = try sizes.decodeIfPresent([Int].self, forKey: .exact)
    switch (shorterSide, exact) {
    case (let side?, nil): return .shorterSide(side)
    case (nil, let size?) where size.count == 2: return .exact(height: size[0], width: size[1])
    default:
      throw Failure(
        .invalidData,
        "preprocessing: resize: expected either shorterSide, a number, or exact, a height and a width")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(inputChannels, forKey: .inputChannels)
    switch resize {
    case .none: break
    case .shorterSide(let side):
      var sizes = values.nestedContainer(keyedBy: ResizeKey.self, forKey: .resize)
      try sizes.encode(side, forKey: .shorterSide)
    case .exact(let height, let width):
      var sizes = values.nestedContainer(keyedBy: ResizeKey.self, forKey: .resize)
      try sizes.encode([height, width], forKey: .exact)
    }
    try values.encodeIfPresent(crop, forKey: .crop)
    try values.encode(interpolation, forKey: .interpolation)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
  }
}
