package import DenseNetIO
import DenseNets

/// What `convert` reports of a conversion: as one line, or as JSON.
package struct ConversionReport: Encodable {
  let from: String
  let to: String
  let format: WeightsFormat
  /// Where in a nested checkpoint the tensors were.
  let entry: String
  let tensors: Int
  let values: Int
  let renamed: Int
  let model: String?
  let numClasses: Int?

  /// - Parameters:
  ///   - reading: the weights as they were read.
  ///   - file: as they were written.
  package init(from: String, to: String, _ reading: WeightsReader, _ file: WeightsFile, numClasses: Int?) {
    (self.from, self.to, format, entry, renamed) = (from, to, reading.format, reading.entry, reading.renamed)
    (tensors, values) = (file.tensors.count, file.tensors.reduce(0) { $0 + $1.value.count })
    (model, self.numClasses) = (file.card.model, numClasses ?? file.card.classNames?.count)
  }

  package var line: String {
    let read =
      switch format {
      case .safetensors: "safetensors"
      case .pytorch: "a PyTorch checkpoint"
      case .pytorchLegacy: "a PyTorch checkpoint from before 1.6"
      case .onnx: "an ONNX model"
      }
    return "\(from): \(tensors) tensors of \(values) values from \(read)"
      + (entry.isEmpty ? "" : ", under \(entry)") + (renamed > 0 ? ", \(renamed) renamed" : "") + "; wrote \(to)"
  }
}
