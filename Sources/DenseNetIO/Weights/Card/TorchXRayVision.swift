import DenseNets

/// torchxrayvision's networks for chest X-rays: DenseNets with a buffer of thresholds beside their layers.
enum TorchXRayVision {
  /// Its pathologies, in the order of the outputs of all its weights.
  private static let pathologies = [
    "Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion",
    "Pneumonia", "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture",
    "Lung Opacity", "Enlarged Cardiomediastinum",
  ]

  /// What is known of such a network and does not stand in the file: its inputs are grey, from -1024 to 1024. Its
  /// thresholds, which `op_norm` maps to 0.5, become the card's; a finding without one has 0.5.
  /// - Parameter extra: tensors that are not of the network.
  /// - Returns: the names of the tensors of thresholds, where these are sound, and what the reader should know of them.
  static func describe(_ extra: [NamedTensor], of file: inout WeightsFile) -> (tensors: Set<String>, note: String)? {
    guard let own = extra.first(where: { $0.name.split(separator: ".").last == "op_threshs" }),
      file["features.conv0.weight"]?.shape.dropFirst().first == 1
    else { return nil }
    var card = file.card
    var used: (tensors: Set<String>, note: String)?
    if card.thresholds == nil, let values = own.value.tensor?.values,
      values.count == file["classifier.weight"]?.shape.first,
      values.allSatisfy({ $0.isNaN || (0...1).contains($0) }), values.contains(where: { !$0.isNaN })
    {
      card.thresholds = values.map { $0.isNaN ? 0.5 : Double($0) }
      used = ([own.name], "\(printable(own.name)) gives the labels' thresholds, 0.5 where it has none")
    }
    if card.preprocessing == nil {
      var preprocessing = Preprocessing.squashed(channels: 1, size: 224)
      (preprocessing.resize, preprocessing.crop) = (.shorterSide(224), [224, 224])
      (preprocessing.mean, preprocessing.std) = ([0.5], [1 / 2048])
      card.preprocessing = CardEntry(preprocessing)
    }
    if card.classNames == nil, file["classifier.weight"]?.shape.first == pathologies.count {
      card.classNames = pathologies
    }
    file.card = card
    // Each finding has a probability of its own.
    file.metadata["activation"] = file.metadata["activation"] ?? "sigmoid"
    return used
  }
}
