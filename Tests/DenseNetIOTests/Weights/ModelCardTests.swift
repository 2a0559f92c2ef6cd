import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct ModelCardTests {
  private func file(_ metadata: [String: String]) -> WeightsFile {
    WeightsFile(metadata: metadata, source: "w.safetensors")
  }

  @Test func valuesAreWrittenWithSortedKeys() throws {
    var file = file(["format": "pt"])
    file.card = ModelCard(model: "d2l", configuration: .d2l, classNames: ["a", "b"], preprocessing: .imageNet)
    #expect(
      file.metadata["preprocessing"]
        == #"{"crop":[224,224],"inputChannels":3,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"#
        + #""resize":{"shorterSide":256},"std":[0.229,0.224,0.225]}"#)
    #expect(file.metadata["configuration"]?.hasPrefix(#"{"block_layers":[4,4,4,4],"bottleneck_width":null,"#) == true)
    #expect(file.metadata["class_names"] == #"["a","b"]"# && file.metadata["format"] == "pt")
    #expect(try file.card.configuration?.value == .d2l && file.card.preprocessing?.value == .imageNet)
  }

  @Test func foreignJSONStaysUntilItIsReplaced() throws {
    let json = #"{"std": [0.50], "inputChannels": 1, "resize": null, "mean": [0.0]}"#
    var file = file(["preprocessing": json, "configuration": "{ }"])
    let card = file.card
    #expect(try card.preprocessing?.value == Preprocessing(inputChannels: 1, std: [0.5]))
    #expect(try card.configuration?.value == .densenet121 && card.configuration == CardEntry(.densenet121))
    file.card = card
    #expect(file.metadata == ["preprocessing": json, "configuration": "{ }"])
    file.card.preprocessing = CardEntry(.imageNet)
    #expect(try file.card.preprocessing?.value == .imageNet)
    file.card.preprocessing = nil
    #expect(file.metadata == ["configuration": "{ }"])
  }

  @Test(arguments: [
    ("[]", "w.safetensors: invalid network configuration: expected"),
    (#"{"growth":1}"#, #"unknown setting "growth"; correct it"#),
    (#"{"growth_rate":0}"#, "growth_rate: expected 1 to 1024, found 0; correct it"),
    (#"{"stem":"other"}"#, "stem: Cannot initialize"), ("{", "w.safetensors: invalid network configuration: "),
  ])
  func anUnreadableConfigurationFailsWhenAskedFor(json: String, part: String) throws {
    var file = file(["model": "mine", "configuration": json])
    let entry = try #require(file.card.configuration)
    let thrown = failure { _ = try entry.value }
    #expect(thrown?.kind == .invalidData && thrown?.description.contains(part) == true, "\(thrown?.description ?? "")")
    #expect(file.networkCard.model == "mine" && entry == file.networkCard.configuration)
    file.card.model = "other"
    #expect(file.metadata["configuration"] == json)
  }

  @Test(arguments: [
    (#"{"inputChannels":1,"crop":[0,5]}"#, "w.safetensors: preprocessing: crop: expected sides"),
    ("[]", "w.safetensors: its preprocessing cannot be read: expected"), ("{}", "no inputChannels"),
    (#"{"inputChannels":"x"}"#, "inputChannels: expected Int"),
  ])
  func unreadablePreprocessingFailsWhenAskedFor(json: String, part: String) throws {
    let entry = try #require(file(["preprocessing": json]).card.preprocessing)
    let thrown = failure { _ = try entry.value }
    #expect(thrown?.kind == .invalidData && thrown?.description.contains(part) == true, "\(thrown?.description ?? "")")
    #expect(thrown?.description.hasSuffix("; correct the file's metadata, or convert the weights again") == true)
  }

  @Test func aFilterThatOnlyTimmHasIsKeptAndRefused() throws {
    let config = #"{"architecture":"densenet121","input_size":[3,64,64],"interpolation":"b/\"x"}"#
    let card = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
    let entry = try #require(card.preprocessing)
    #expect(entry.json.contains(#""interpolation":"b/\"x","mean":[0.485,0.456,0.406],"resize":{"shorterSide":73}"#))
    let thrown = failure { _ = try entry.value }
    #expect(thrown?.description.hasPrefix("config.json: its preprocessing cannot be read: interpolation: ") == true)
  }
}
