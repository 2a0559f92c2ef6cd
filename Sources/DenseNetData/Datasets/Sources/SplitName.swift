/// What the name of a folder says of the part of a dataset in it: `train`, `Testing_set`, `seg_val`, `valid2017`.
struct SplitName {
  enum Part: Hashable {
    case training, validation, test
    /// For validation, or for testing where there is another for validation.
    case evaluation
    /// Images whose classes nobody knows.
    case unlabelled
  }

  private(set) var part: Part
  /// What else the name says, such as that of the dataset; empty where that says nothing.
  private(set) var rest: String

  /// Nil for a name that speaks of no part, or of several.
  init?(_ name: String) {
    var words = Self.words(of: name)
    if words == ["train", "val"] { words = ["trainval"] }
    var found: [Part] = []
    var rest: [String] = []
    for word in words {
      if let part = Self.part(of: word) {
        found.append(part)
      } else if !Self.plainWords.contains(word) {
        rest.append(word)
      }
    }
    guard found.count == 1 else { return nil }
    (part, self.rest) = (found[0], rest.joined(separator: " "))
    // Contests test on one part while they run, and on the other at their end.
    if part == .test, ["public", "private"].contains(self.rest) {
      (part, self.rest) = (self.rest == "public" ? .evaluation : .test, "")
    }
  }

  /// Whether a name says nothing but that there are images.
  static func isPlain(_ name: String) -> Bool { words(of: name).allSatisfy(plainWords.contains) }

  private static func part(of word: String) -> Part? {
    if let part = parts[word] { return part }
    // `trainset`, `testdata`
    return plainWords.lazy.filter(word.hasSuffix).compactMap { parts[String(word.dropLast($0.count))] }.first
  }

  /// The words of a name in small letters, without digits: `TrainSet` and `train-set2` are `train` and `set`.
  private static func words(of name: String) -> [String] {
    var text = ""
    var last: Character = " "
    for character in name {
      if character.isUppercase, last.isLowercase { text.append(" ") }
      text.append(character.isLetter ? character.lowercased() : " ")
      last = character
    }
    let joined = ["hold", "held"].reduce(text) { $0.replacing("\($1) out", with: "\($1)out") }
    return joined.split(separator: " ").map(String.init)
  }

  private static let parts: [String: Part] = {
    let words: [(Part, String)] = [
      (.training, "train training trn trainval"), (.validation, "val valid validation validating vali dev development"),
      (.test, "test testing tst tests holdout heldout"), (.evaluation, "eval evaluation evaluate"),
      (.unlabelled, "pred predict prediction predictions unlabeled unlabelled inference"),
    ]
    return Dictionary(
      uniqueKeysWithValues: words.flatMap { part, words in words.split(separator: " ").map { (String($0), part) } })
  }()

  private static let plainWords = Set(
    """
    set sets data dataset datasets image images img imgs pic pics picture pictures photo photos split splits part subset \
    sample samples example examples folder dir file files jpg jpeg png new final all the my original full archive
    """.split(separator: " ").map(String.init))
}
