// Names of earlier versions.

extension EvaluationRecord {
  @available(*, deprecated, renamed: "Image")
  public typealias Picture = Image

  @available(*, deprecated, renamed: "images")
  public var pictures: [Image] { images }

  @available(*, deprecated, renamed: "init(_:images:)")
  public init(_ evaluation: Evaluation, pictures: [Image]) { self.init(evaluation, images: pictures) }
}

extension ReportPage {
  @available(*, deprecated, renamed: "images")
  public var pictures: [Int: [UInt8]] {
    get { images }
    set { images = newValue }
  }
}
