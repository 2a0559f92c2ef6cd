/// This package's version. The command, the files that it writes and the server all take it from here.
public enum PackageVersion {
  /// By semantic versioning, as the release's tag names it.
  public static let current = "1.0.0"
}
