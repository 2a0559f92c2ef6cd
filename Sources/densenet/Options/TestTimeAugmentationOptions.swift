public import ArgumentParser
public import DenseNets

extension TestTimeAugmentation: ExpressibleByArgument {}

/// Which views of each image are averaged.
struct TestTimeAugmentationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Test-time augmentation: none, or flip (average the probabilities of each image and its mirror image).",
      valueName: "name"))
  var tta: TestTimeAugmentation = .none
}
