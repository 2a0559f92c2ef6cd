/// The JSON header of a safetensors file, checked against the length of the data that follows it.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: ElementType
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  /// In the order of the data.
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]

  static let maximumSize = 100_000_000
  private static let maximumRank = 64

  /// - Parameters:
  ///   - json: the header, padding included.
  ///   - dataSize: bytes after the header, all of which the tensors must cover without overlap.
  init(json: [UInt8], dataSize: Int) throws(WeightsProblem) {
    guard json.first == UInt8(ascii: "{") else {
      throw WeightsProblem("its header is not a JSON object, so this is probably not a safetensors file")
    }
    do {
      var scanner = JSONScanner(json)
      try parse(&scanner)
      try scanner.end()
    } catch {
      throw WeightsProblem("its header is not valid at byte \(8 + error.position): \(error.reason)")
    }
    for entry in entries { try Self.checkSize(entry) }
    entries.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    try checkCoverage(dataSize)
  }

  private mutating func parse(_ scanner: inout JSONScanner) throws(JSONProblem) {
    var names: Set<String> = []
    var found: [Entry] = []
    var notes: [String: String] = [:]
    try scanner.object { scanner, name throws(JSONProblem) in
      guard names.insert(name).inserted else { throw scanner.problem("the name \(printable(name)) appears twice") }
      if name == "__metadata__" {
        try scanner.object { scanner, key throws(JSONProblem) in
          let value = try scanner.string()
          guard notes.updateValue(value, forKey: key) == nil else {
            throw scanner.problem("the metadata key \(printable(key)) appears twice")
          }
        }
      } else {
        found.append(try Self.entry(name, &scanner))
      }
    }
    entries = found
    metadata = notes
  }

  private static func entry(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> Entry {
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    let shown = printable(name)
    try scanner.object { scanner, key throws(JSONProblem) in
      switch key {
      case "dtype" where type == nil:
        let found = try scanner.string()
        type = ElementType(rawValue: found)
        if type == nil {
          throw scanner.problem(
            "tensor \(shown) has the dtype \(printable(found)), which is not one of \(ElementType.names)")
        }
      case "shape" where shape == nil:
        shape = try numbers(&scanner, limit: maximumRank, of: "shape of tensor \(shown)")
      case "data_offsets" where offsets == nil:
        offsets = try numbers(&scanner, limit: 2, of: "data_offsets of tensor \(shown)")
      case "dtype", "shape", "data_offsets":
        throw scanner.problem("tensor \(shown) has \(key) twice")
      default: try scanner.skipValue()
      }
    }
    guard let type else { throw scanner.problem("tensor \(shown) has no dtype") }
    guard let shape else { throw scanner.problem("tensor \(shown) has no shape") }
    guard let offsets, offsets.count == 2 else { throw scanner.problem("tensor \(shown) has no two data_offsets") }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private static func numbers(
    _ scanner: inout JSONScanner, limit: Int, of what: String
  ) throws(JSONProblem) -> [Int] {
    var result: [Int] = []
    try scanner.array { scanner throws(JSONProblem) in
      result.append(try scanner.wholeNumber())
      if result.count > limit { throw scanner.problem("the \(what) has more than \(limit) numbers") }
    }
    return result
  }
}

extension SafetensorsHeader {
  private static func checkSize(_ entry: Entry) throws(WeightsProblem) {
    let shown = printable(entry.name)
    guard entry.begin <= entry.end else {
      throw WeightsProblem("tensor \(shown) begins at \(entry.begin), after its end at \(entry.end)")
    }
    guard let expected = entry.type.byteCount(of: entry.shape) else {
      throw WeightsProblem("tensor \(shown) has the shape \(entry.shape), which is too large")
    }
    guard entry.end - entry.begin == expected else {
      throw WeightsProblem(
        "tensor \(shown), \(entry.type.rawValue) \(entry.shape), needs \(expected) bytes, "
          + "but its data_offsets span \(entry.end - entry.begin)")
    }
  }

  private func checkCoverage(_ dataSize: Int) throws(WeightsProblem) {
    var covered = 0
    for entry in entries {
      let shown = printable(entry.name)
      guard entry.begin >= covered else {
        throw WeightsProblem("tensor \(shown) begins at \(entry.begin), inside the tensor that ends at \(covered)")
      }
      guard entry.begin == covered else {
        throw WeightsProblem("tensor \(shown) begins at \(entry.begin), which leaves a gap after \(covered)")
      }
      covered = entry.end
      guard covered <= dataSize else {
        throw WeightsProblem("tensor \(shown) ends at \(covered), but only \(dataSize) bytes of data are there")
      }
    }
    guard covered == dataSize else {
      throw WeightsProblem("its tensors end at \(covered), but \(dataSize) bytes of data are there")
    }
  }
}
