import DenseNets
import Foundation

@testable import DenseNetIO
@testable import DenseNetTasks

/// What JSON says of models.
let jsonTargets = [
  FuzzTarget("json") { bytes in
    var scanner = JSONScanner(bytes)
    do throws(JSONProblem) {
      try scanner.skipValue()
      try scanner.end()
      try readNumber(bytes)
    } catch {
      throw Failure(.invalidData, "the text: \(error.reason), at byte \(error.position)")
    }
  },
  FuzzTarget("model-json") { bytes in
    let json = Data(bytes)
    do {
      _ = try Preprocessing(json: json, source: "model.json")
    } catch {
      let configuration = try DenseNet.Configuration(json: json, source: "model.json")
      try configuration.validate()
      let again = try DenseNet.Configuration(json: Data(sortedJSON(configuration).utf8), source: "model.json")
      require(again == configuration, "another configuration is read back: \(configuration)")
      _ = configuration.knownName
    }
  },
  FuzzTarget("timm-json") { bytes in
    do {
      let config = try JSONDecoder().decode(TimmConfig.self, from: Data(bytes))
      let card = try config.card(source: "config.json")
      _ = try config.labelOffset(source: "config.json")
      _ = try card.configuration?.value
      _ = try card.preprocessing?.value
    } catch let error as DecodingError {
      throw Failure(.invalidData, "config.json: \(decodingProblem(error))")
    }
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return }
    _ = (value.text, MetadataClasses.names(value, byName: true), MetadataClasses.names(value, byName: false))
  },
  FuzzTarget("class-names") { bytes in
    let path = Scratch.write(bytes, to: "classes.txt")
    do { _ = try ClassFile.names(contentsOf: path, count: 3) } catch {
      let names = try ClassFile.names(contentsOf: path, count: 1)
      require(names.count == 1, "\(names.count) names of one class")
    }
  },
]

/// As the standard library reads it.
private func readNumber(_ bytes: [UInt8]) throws(JSONProblem) {
  var scanner = JSONScanner(bytes)
  guard let value = try? scanner.double() else { return }
  let blanks: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
  let text = String(decoding: bytes.filter { !blanks.contains($0) }, as: UTF8.self)
  require(value == Double(text), "\(text) is read as \(value)")
}
