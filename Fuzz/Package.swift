// swift-tools-version: 6.2
import PackageDescription

// A package of its own: whoever uses the library, or builds the command, builds nothing of it.
let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  traits: [.trait(name: "Serve", description: "The targets for what a client sends to the server.")],
  dependencies: [
    .package(name: "densenet", path: "..", traits: [.trait(name: "Serve", condition: .when(traits: ["Serve"]))])
  ],
  targets: [
    .executableTarget(
      name: "Fuzz",
      dependencies: ["DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks", "DenseNetServer"]
        .map { .product(name: $0, package: "densenet") })
  ]
)
