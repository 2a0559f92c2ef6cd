import DenseNetData
public import DenseNets

/// What a task reports to its caller while it works, and how the caller stops it.
///
/// Every closure may be called from any thread. A monitor without closures is silent and never stops anything.
public struct TaskMonitor: Sendable {
  /// Something that a person should know, such as what was adapted. One line.
  public var note: @Sendable (String) -> Void = { _ in }
  /// Something that may be wrong, such as images that were left out. One line.
  public var warning: @Sendable (String) -> Void = { _ in }
  /// What may be wrong with the data, and the settings that would help.
  public var remark: @Sendable (Remark) -> Void = { _ in }
  /// An image that cannot be read and is left out; the line that says so.
  public var leftOut: @Sendable (String) -> Void = { _ in }
  /// A stage of work begins, of so many parts.
  public var stageBegins: @Sendable (Stage) -> Void = { _ in }
  /// So many parts of the stage are done.
  public var advanced: @Sendable (_ completed: Int) -> Void = { _ in }
  /// The stage is over.
  public var stageEnds: @Sendable () -> Void = {}
  /// Asked now and then; true ends the work early.
  public var shouldStop: @Sendable () -> Bool = { false }

  /// What a program calls settings, to be added to a note or a warning about them, such as ` (--resize, --fit)`.
  public var names: @Sendable ([Failure.Setting]) -> String = { _ in "" }

  public init() {}

  /// Notes what a crop leaves out of images that are used, where their size may be given, and warns of dark ones.
  func note(_ shapes: ImageShapes, _ preprocessing: Preprocessing) {
    if let dark = shapes.darkness { warning(dark) }
    guard let lost = shapes.croppedEdges(by: preprocessing) else { return }
    note("\(lost), which resizing to a given size keeps", settings: ["imageSize"])
  }

  func note(_ text: String, settings: [Failure.Setting]) { note(text + names(settings)) }
  func warning(_ text: String, settings: [Failure.Setting]) { warning(text + names(settings)) }

  /// A stage of long work.
  public struct Stage: Sendable, Equatable {
    /// What a stage counts.
    public enum Unit: Sendable { case examples, bytes }

    /// A few words for a progress line, such as `predicting`.
    public var name: String
    /// The parts of the stage; 0 where that is unknown.
    public var total: Int
    public var unit: Unit

    public init(_ name: String, total: Int, unit: Unit = .examples) {
      (self.name, self.total, self.unit) = (name, total, unit)
    }
  }
}
