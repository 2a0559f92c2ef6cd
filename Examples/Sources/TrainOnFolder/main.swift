// Trains a small DenseNet on a folder of images, FOLDER/CLASS/*.png or *.jpg, and writes a run folder. In the
// folder Examples:
//
//     swift run -c release TrainOnFolder photos runs/photos
//
// Without arguments it trains on a sample of Fashion-MNIST.
import DenseNetTasks
import Foundation
import SampleImages

let arguments = CommandLine.arguments.dropFirst()
let photos = try arguments.first ?? SampleImages.folder(URL(fileURLWithPath: "sample-images")).path

var options = TrainingOptions(dataset: .folder(photos))
options.model = "densenet-bc-40-12"
options.images.size = 32
options.epochs = 2
options.batchSize = 32
options.output = arguments.dropFirst().first ?? "runs/sample"

var events = TrainingEvents()
events.epochEnds = { epoch, _ in
  print("epoch \(epoch.epoch): loss \(epoch.train.loss), test acc \(epoch.test.accuracy)")
}
let run = try await TrainingTask(options).run(events: events)
print("test accuracy \(run.summary.testAccuracy); see \(run.folder.reportURL.relativePath)")
