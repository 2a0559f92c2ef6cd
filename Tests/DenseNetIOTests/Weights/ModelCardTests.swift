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
    (#"{"inputChannels":"x"}"#, "inputChannels: expected a whole number, found another"),
    ("[1]", "expected an object"), ("{", "expected JSON, found other text"),
  ])
  func unreadablePreprocessingFailsWhenAskedFor(json: String, part: String) throws {
    let entry = try #require(file(["preprocessing": json]).card.preprocessing)
    let thrown = failure { _ = try entry.value }
    #expect(thrown?.kind == .invalidData && thrown?.description.contains(part) == true, "\(thrown?.description ?? "")")
    #expect(thrown?.description.hasSuffix("; correct the file's metadata, or convert the weights again") == true)
  }

  @Test func aFilterThatTimmDoesNotHaveIsRefusedWhenImagesArePrepared() throws {
    let config = #"{"architecture":"densenet121","input_size":[3,64,64],"interpolation":"b/\"x"}"#
    let card = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
    let entry = try #require(card.preprocessing)
    let thrown = failure { _ = try entry.value }
    #expect(
      thrown?.description.hasPrefix("config.json: preprocessing: pretrained_cfg: interpolation: expected nearest")
        == true)
    #expect(thrown?.description.contains(#"found b/"x;"#) == true)
    // What is written from it says the same.
    var file = file([:])
    file.card = card
    #expect(failure { _ = try file.card.preprocessing?.value }?.description.contains("interpolation") == true)
  }

  @Test(arguments: [
    (#""crop_mode":"middle""#, "crop_mode: expected center, squash or border, found middle"),
    (#""crop_pct":1000"#, "crop_pct: expected a number from 0.01 to 100"),
    (#""crop_pct":"x""#, "crop_pct: expected a number"),
    (#""input_size":[3,224]"#, "input_size: expected channels, height and width"),
    (#""mean":[0.5,0.5]"#, "mean: expected 3 numbers"), (#""crop_border":4"#, "the field crop_border is not known"),
    (#""test_crop_mode":"squash""#, "the field test_crop_mode is not known"), (#""std":0.5"#, "std: expected a list"),
  ])
  func whatTimmDoesToImagesIsDoneOrRefusedByName(fields: String, part: String) throws {
    let config = #"{"architecture":"densenet121","pretrained_cfg":{"# + fields + "}}"
    let card = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
    let thrown = failure { _ = try card.preprocessing?.value }
    #expect(thrown?.description.hasPrefix("config.json: ") == true)
    #expect(thrown?.description.contains(part) == true, "\(thrown?.description ?? "none")")
  }

  @Test(arguments: [
    (#""model_args":{"global_pool":"max"}"#, #"model_args: global_pool: expected "avg" or none, found max"#),
    (#""global_pool":"catavgmax""#, "global_pool"), (#""model_args":{"act_layer":"silu"}"#, "act_layer"),
    (#""model_args":{"norm_layer":"groupnorm"}"#, "norm_layer"), (#""model_args":{"stem_type":"deep"}"#, "stem_type"),
    (#""model_args":{"aa_layer":"blurpool"}"#, "aa_layer"),
    (#""model_args":{"depth_mult":2}"#, "depth_mult is not known"),
    (#""pretrained_cfg":{"custom_load":true}"#, "custom_load"),
    (#""pretrained_cfg":[1]"#, "pretrained_cfg: expected an object"),
    (#""num_classes":3,"label_names":["a"]"#, "label_names: expected 3 names"),
    (#""quantized":true"#, "quantized is not known"),
    (#""problem_type":"regression""#, "problem_type"),
  ])
  func aNetworkThatTimmWouldMakeOtherwiseIsRefused(fields: String, part: String) {
    let config = #"{"architecture":"densenet121","# + fields + "}"
    let thrown = failure {
      do {
        _ = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
      } catch let failure as Failure { throw failure }
    }
    #expect(thrown?.description.contains(part) == true, "\(thrown?.description ?? "none")")
  }

  /// One number stands for every channel, however many a file claims.
  @Test func absurdChannelsAreRefused() throws {
    for channels in [4_611_686_018_427_387_904, -1] {
      let config = #"{"architecture":"densenet121","pretrained_cfg":{"in_chans":\#(channels),"mean":[0.5]}}"#
      let card = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
      let thrown = failure { _ = try card.preprocessing?.value }
      #expect(thrown?.description.contains("in_chans: expected 1 to 1024, found \(channels)") == true)
    }
  }

  @Test func whatHasNoEffectIsAccepted() throws {
    let config =
      #"{"architecture":"densenet121","num_features":1024,"global_pool":"avg","model_args":{"drop_rate":0.2,"memory_efficient":true,"act_layer":"relu","growth_rate":16,"block_config":[2,3],"in_chans":1},"pretrained_cfg":{"tag":"x","test_input_size":[3,288,288],"test_crop_pct":0.95,"pool_size":[7,7],"classifier":"classifier","first_conv":"features.conv0","fixed_input_size":true,"min_input_size":[3,32,32],"label_descriptions":{"a":"b"},"license":"mit","mean":[0.5],"std":[0.25]}}"#
    let card = try JSONDecoder().decode(TimmConfig.self, from: Data(config.utf8)).card(source: "config.json")
    let preprocessing = try #require(try card.preprocessing?.value)
    #expect(preprocessing.inputChannels == 1 && preprocessing.mean == [0.5] && preprocessing.std == [0.25])
    #expect(preprocessing.crop == [224, 224] && preprocessing.resize == .shorterSide(256))
    let configuration = try #require(try card.configuration?.value)
    #expect(configuration.growthRate == 16 && configuration.blockLayers == [2, 3])
    #expect(configuration.initialFeatures == 32)
  }
}
