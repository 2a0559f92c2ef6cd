// Classifies images with weights from any run, or with published ones. In the folder Examples:
//
//     swift run -c release ClassifyImage runs/photos/model.safetensors cat.jpg dog.jpg
import DenseNetTasks

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fatalError("expected a file of weights and images") }
let classifier = try ImageClassifier(LoadedNetwork(weights: arguments[0]))
for image in arguments.dropFirst() {
  for prediction in try classifier.classify(image, top: 3) {
    print("\(image): \(prediction.name) \(prediction.probability)")
  }
}
