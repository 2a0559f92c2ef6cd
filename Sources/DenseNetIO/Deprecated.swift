// Names of earlier versions.

@available(*, deprecated, renamed: "WeightsReader")
public typealias WeightsReading = WeightsReader
@available(*, deprecated, renamed: "LoadReport")
public typealias LoadNotes = LoadReport
