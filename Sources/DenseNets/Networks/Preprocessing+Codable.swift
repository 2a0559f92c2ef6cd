/// `{"inputChannels":3,"resize":{"shorterSide":256},"crop":[224,224],"interpolation":"bilinear","mean":[…],"std":[…]}`;
/// `"resize":{"exact":[96,96]}` for a height and a width, likewise `fit` and `cover`, and no such key where nothing is
/// resized; `"fill":[124,116,104]` where the border is not black. A file that needs what this type cannot describe says
/// so under `unsupported`.
extension Preprocessing: Codable {
  private enum Key: String, CodingKey {
    case inputChannels, resize, crop, fill, interpolation, mean, std, unsupported
  }

  private enum ResizeKey: String, CodingKey {
    case shorterSide, exact, fit, cover
  }

  /// - Throws: `Failure(.invalidData)` for values that make no sense, `DecodingError` for JSON of another form.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    if let reason = try values.decodeIfPresent(String.self, forKey: .unsupported) {
      throw Failure(.invalidData, "preprocessing: \(reason)")
    }
    let channels = try values.decode(Int.self, forKey: .inputChannels)
    self = .squashed(channels: min(max(channels, 0), 3), size: 1)
    inputChannels = channels
    resize = try Self.resize(in: values)
    crop = try values.decodeIfPresent([Int].self, forKey: .crop)
    fill = try values.decodeIfPresent([Int].self, forKey: .fill)
    interpolation = try values.decodeIfPresent(Interpolation.self, forKey: .interpolation) ?? .bilinear
    mean = try values.decodeIfPresent([Double].self, forKey: .mean) ?? mean
    std = try values.decodeIfPresent([Double].self, forKey: .std) ?? std
    try validate(.invalidData)
  }

  private static func resize(in values: KeyedDecodingContainer<Key>) throws -> Resize {
    guard values.contains(.resize), try !values.decodeNil(forKey: .resize) else { return .none }
    let sizes = try values.nestedContainer(keyedBy: ResizeKey.self, forKey: .resize)
    if sizes.allKeys == [.shorterSide] { return .shorterSide(try sizes.decode(Int.self, forKey: .shorterSide)) }
    guard sizes.allKeys.count == 1, let kind = sizes.allKeys.first, kind != .shorterSide,
      let size = try Optional(sizes.decode([Int].self, forKey: kind)), size.count == 2
    else {
      throw Failure(
        .invalidData,
        "preprocessing: resize: expected either shorterSide, a number, or exact, fit or cover, a height and a width")
    }
    switch kind {
    case .fit: return .fit(height: size[0], width: size[1])
    case .cover: return .cover(height: size[0], width: size[1])
    default: return .exact(height: size[0], width: size[1])
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(inputChannels, forKey: .inputChannels)
    func encode(_ size: some Encodable, _ kind: ResizeKey) throws {
      var sizes = values.nestedContainer(keyedBy: ResizeKey.self, forKey: .resize)
      try sizes.encode(size, forKey: kind)
    }
    switch resize {
    case .none: break
    case .shorterSide(let side): try encode(side, .shorterSide)
    case .exact(let height, let width): try encode([height, width], .exact)
    case .fit(let height, let width): try encode([height, width], .fit)
    case .cover(let height, let width): try encode([height, width], .cover)
    }
    try values.encodeIfPresent(crop, forKey: .crop)
    try values.encodeIfPresent(fill, forKey: .fill)
    try values.encode(interpolation, forKey: .interpolation)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
  }
}
