// Fine-tunes a trained network for other classes: a new classifier, with the stem and the first block left unchanged. In
// the folder Examples:
//
//     swift run -c release FineTune densenet121.pth photos runs/fine-tuned
//
// With weights alone it trains on three classes of a sample of Fashion-MNIST.
import DenseNetTasks
import Foundation
import SampleImages

let arguments = Array(CommandLine.arguments.dropFirst())
guard let weights = arguments.first else { fatalError("expected a file of weights") }
let photos =
  try arguments.count > 1 ? arguments[1] : SampleImages.folder(URL(fileURLWithPath: "three-classes"), classes: 3).path
let classes = try FileManager.default.contentsOfDirectory(atPath: photos).filter { !$0.hasPrefix(".") }.count

var options = TrainingOptions(dataset: .folder(photos))
options.initialWeights = weights
options.numClasses = classes
options.fineTuning.freeze = .blocks(1)
options.recipe.lr = 0.01
options.epochs = 1
options.batchSize = 16
options.output = arguments.count > 2 ? arguments[2] : "runs/fine-tuned"

var monitor = TaskMonitor()
monitor.note = { print("note: \($0)") }
let run = try await TrainingTask(options).run(monitor: monitor)
print("test accuracy \(run.summary.testAccuracy) on \(classes) classes")
