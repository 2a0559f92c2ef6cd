public import ArgumentParser
public import DenseNets

extension TestTimeAugmentation: ExpressibleByArgument {}

/// How often each image is looked at.
struct TestTimeAugmentationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Test-time augmentation: none, or flip (the mean of the probabilities of each image and its mirror image).",
      valueName: "name"))
  var tta: TestTimeAugmentation = .none
}
