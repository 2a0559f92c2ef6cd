import Foundation
import Testing

@testable import DenseNets

/// The paper's networks by name, in numbers, and as JSON.
@Suite struct ConfigurationTests {
  typealias Configuration = DenseNet.Configuration

  /// Of the paper's repositories and torchvision: parameters.
  static let parameters = [
    "d2l": 758_226, "densenet121": 7_978_856, "densenet161": 28_681_000, "densenet169": 14_149_480,
    "densenet201": 20_013_928, "densenet264": 33_337_704, "densenet-40-12": 1_019_722, "densenet-bc-100-12": 769_162,
    "densenet-bc-250-24": 15_324_406, "densenet-bc-190-40": 25_624_430,
  ]

  @Test(arguments: parameters.keys.sorted())
  func parameterCount(_ name: String) throws {
    #expect(DenseNet(try Configuration(named: name)).parameterCount == Self.parameters[name])
  }

  @Test func parameterCountFollowsTheChannelsOfImages() throws {
    var configuration = try Configuration(named: "densenet-bc-100-12")
    configuration.inputChannels = 1
    #expect(DenseNet(configuration).parameterCount == 768_730)
  }

  /// In billions, of one image of 224×224, as torchvision gives them.
  @Test(arguments: [("densenet121", 2.83), ("densenet161", 7.73), ("densenet169", 3.36), ("densenet201", 4.29)])
  func multiplyAdds(_ name: String, _ expected: Double) throws {
    let net = DenseNet(try Configuration(named: name))
    let found = Double(try net.multiplyAdds([1, 3, 224, 224])) * 1e-9
    #expect(abs(found - expected) <= 0.005, "\(found)")
    #expect(try net.multiplyAdds([3, 3, 224, 224]) == 3 * net.multiplyAdds([1, 3, 224, 224]))
  }

  /// Names and shapes of torchvision's `densenet121().state_dict()`, in its order.
  @Test func stateHasTorchvisionsNames() throws {
    let file = Fixture.folder.appendingPathComponent("networks/densenet121_state.txt")
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n").map(String.init)
    let found = DenseNet(.densenet121).namedState.map { name, parameter in
      "\(name) \(parameter.value.shape.map(String.init).joined(separator: "x"))"
    }
    #expect(expected.count == 606)
    #expect(found == expected)
  }

  @Test func namesOfTheFamilies() throws {
    for name in Configuration.names { #expect(throws: Never.self) { try Configuration(named: name).validate() } }
    #expect(try Configuration(named: "d2l") == .d2l)
    #expect(try Configuration(named: "densenet161") == .densenet161)
    let plain = try Configuration(named: "densenet-40-12")
    #expect(plain.blockLayers == [12, 12, 12] && plain.initialFeatures == 16 && plain.bottleneckWidth == nil)
    #expect(plain.compression == 1 && plain.stem == .cifar && !plain.convolutionBias && plain.numClasses == 10)
    let compressed = try Configuration(named: "densenet-bc-190-40")
    #expect(compressed.blockLayers == [31, 31, 31] && compressed.initialFeatures == 80)
    #expect(compressed.bottleneckWidth == 4 && compressed.compression == 0.5 && compressed.growthRate == 40)
  }

  @Test(arguments: [
    "", "densenet", "DenseNet121", "densenet122", "densenet-121", "densenet-41-12", "densenet-4-12", "densenet-40-0",
    "densenet-40--12", "densenet-40-12-1", "densenet-bc-40", "densenet-bc-99-12", "densenet-xy-100-12", "resnet50",
    "densenet-40-99999999999999999999", "densenet-bc-1000000-12",
  ])
  func refusesOtherNames(_ name: String) {
    #expect(throws: Failure.self) { try Configuration(named: name) }
  }

  func decode(_ json: String) throws -> Configuration {
    try JSONDecoder().decode(Configuration.self, from: Data(json.utf8))
  }

  @Test(arguments: parameters.keys.sorted())
  func survivesJSON(_ name: String) throws {
    var configuration = try Configuration(named: name)
    (configuration.inputChannels, configuration.numClasses, configuration.dropRate) = (5, 17, 0.2)
    let json = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(Configuration.self, from: json) == configuration)
  }

  @Test func leftOutIsAsInDenseNet121() throws {
    #expect(try decode("{}") == .densenet121)
    let json = #"{"growth_rate": 48, "block_layers": [6, 12, 36, 24]}"#
    #expect(try decode(json) == .densenet161)
    for none in ["null", "0"] { #expect(try decode("{\"bottleneck_width\": \(none)}").bottleneckWidth == nil) }
  }

  @Test(arguments: [
    #"{"growthRate": 32}"#, #"{"layers": [1]}"#, #"{"growth_rate": "32"}"#, #"{"block_layers": 6}"#,
    #"{"stem": "resnet"}"#, #"{"naming": "keras"}"#, #"{"growth_rate": 1.5}"#, #"{"convolution_bias": 1}"#, "[]", "32",
    "", "{",
  ])
  func refusesJSONThatIsNotOne(_ json: String) {
    #expect(throws: DecodingError.self) { try decode(json) }
  }

  /// - named: what the failure's line begins with, where that is not the key.
  @Test(arguments: [
    ("input_channels", "0", nil), ("num_classes", "0", nil), ("num_classes", "-3", nil), ("initial_features", "0", nil),
    ("growth_rate", "1025", nil), ("block_layers", "[]", nil), ("block_layers", "[6, 0]", nil),
    ("block_layers", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", nil), ("bottleneck_width", "-1", nil),
    ("bottleneck_width", "65", nil), ("compression", "1.01", nil),
    ("compression", "1e-9", "channels after transition 1"),
    ("drop_rate", "1", nil), ("drop_rate", "-0.1", nil),
    ("compression", #"1, "block_layers": [1024, 1024, 1024]"#, "channels after block 2"),
  ])
  func refusesValuesOutOfRange(_ key: String, _ value: String, _ named: String?) throws {
    let failure = try #require(throws: Failure.self) { try decode("{\"\(key)\": \(value)}") }
    #expect("\(failure)".hasPrefix("\(named ?? key): expected"), "\(failure)")
  }
}
