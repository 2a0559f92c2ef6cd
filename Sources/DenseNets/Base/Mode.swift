/// What training and inference do differently.
public enum Mode: Sendable {
  /// Batch norms use the batch's statistics and update their running ones; dropout drops; layers remember what
  /// `backward` needs.
  case training
  /// Batch norms use their running statistics; dropout passes everything.
  case inference
}
