/// What makes probabilities of a network's logits.
public enum OutputActivation: String, Sendable, CaseIterable, Codable {
  /// One class per image: the probabilities of all classes sum to 1.
  case softmax
  /// Several labels per image, each with a probability of its own.
  case sigmoid
}
