// swift-tools-version: 6.2
import PackageDescription

// A package of its own, which sees of the library what any user's package sees.
func example(_ name: String, _ products: [String], _ targets: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: products.map { .product(name: $0, package: "densenet") } + targets)
}

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "densenet", path: "..")],
  targets: [
    .target(
      name: "SampleImages",
      dependencies: ["DenseNets", "DenseNetData"].map { .product(name: $0, package: "densenet") }),
    example("TrainOnFolder", ["DenseNetTasks"], ["SampleImages"]),
    example("ClassifyImage", ["DenseNetTasks"]),
    example("FineTune", ["DenseNetTasks"], ["SampleImages"]),
    example("CustomLayer", ["DenseNets", "DenseNetData"]),
  ]
)
