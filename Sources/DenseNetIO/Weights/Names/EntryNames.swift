import DenseNets

/// How the parts of a checkpoint are called in which training programs keep weights, and which of several is meant.
enum EntryNames {
  /// Under what training programs keep a model's tensors.
  static let states: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params",
  ]
  private static let others = [
    "optim", "sched", "scaler", "loss", "criterion", "metric", "rng_", "hyper", "callback", "loops", "history",
  ]
  private static let averages: Set<String> = ["ema", "swa", "averaged", "average", "avg", "shadow", "polyak"]

  /// Whether a part is another thing than a model's weights.
  static func isOther(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["amp", "args", "cfg", "config", "best"].contains(name) || others.contains { name.contains($0) }
  }

  /// Whether a path leads to an average of weights, such as `state_dict_ema` or `modelEma.module`.
  static func isAverage(_ path: [String]) -> Bool {
    path.contains { part in
      var words = [""]
      for character in part {
        if !character.isLetter {
          words.append("")
        } else if character.isUppercase, words.last!.last?.isLowercase == true {
          words.append(character.lowercased())
        } else {
          words[words.count - 1] += character.lowercased()
        }
      }
      return words.contains(where: averages.contains)
    }
  }

  /// The entry that is meant, by its place; nil where there is none, or where several are equally likely.
  ///
  /// As in timm's `load_state_dict`, `state_dict_ema` comes before `model_ema`, averages before the weights that they are
  /// of, `state_dict` before `model`.
  static func choice(_ paths: [[String]]) -> Int? {
    if paths.count == 1 { return 0 }
    func only(_ places: [Int]) -> Int? { places.count == 1 ? places[0] : nil }
    for name in ["state_dict_ema", "model_ema"] {
      let places = paths.indices.filter { paths[$0].first == name }
      if !places.isEmpty { return only(places) }
    }
    let (averaged, plain) = (
      paths.indices.filter { isAverage(paths[$0]) }, paths.indices.filter { !isAverage(paths[$0]) }
    )
    let usual = only(plain) ?? usual(paths, plain)
    if averaged.isEmpty { return usual }
    return plain.isEmpty || usual != nil ? only(averaged) : nil
  }

  private static func usual(_ paths: [[String]], _ plain: [Int]) -> Int? {
    let known = plain.filter { paths[$0].first.map(states.contains) == true }
    if known.count == 1 { return known[0] }
    for name in ["state_dict", "model"] {
      let places = plain.filter { paths[$0].first == name }
      if !places.isEmpty { return places.count == 1 ? places[0] : nil }
    }
    return nil
  }

  static func note(_ chosen: String, isAverage: Bool, others: [String]) -> Remark {
    Remark(
      "\(chosen) was taken\(isAverage ? ", an average of weights" : ""), not \(listed(others)); to read another, name it",
      settings: ["entry"])
  }

  static func ambiguous(_ names: [String]) -> WeightsProblem {
    WeightsProblem(
      "it has several entries with weights: \(listed(names))", remedy: "choose one of them", settings: ["entry"])
  }

  static func absent(_ wanted: String, among names: [String]) -> WeightsProblem {
    let found = names.isEmpty ? "no entries" : "the entries \(listed(names))"
    return WeightsProblem(
      "expected an entry \(printable(wanted)), found \(found)",
      remedy: names.isEmpty ? "leave the entry out" : "choose one of them", settings: ["entry"])
  }

  static func listed(_ names: [String], limit: Int = 8) -> String {
    names.prefix(limit).joined(separator: ", ") + (names.count > limit ? ", …" : "")
  }
}
