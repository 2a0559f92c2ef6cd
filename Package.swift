// swift-tools-version: 6.2
import PackageDescription

let lenient: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let strict: [SwiftSetting] = lenient + [.enableUpcomingFeature("MemberImportVisibility")]

let strictC: [CSetting] = [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]

/// A product that only the server uses.
func served(_ name: String, _ package: String) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: ["Serve"]))
}

/// How pkg-config calls the system's MPI: Debian has a name for whichever is chosen, Open MPI and MPICH have their own.
let mpi = Context.environment["DENSENET_MPI"] ?? "mpi-c"

let package = Package(
  name: "densenet",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "densenet", targets: ["densenet"]),
    .library(name: "DenseNets", targets: ["DenseNets"]),
    .library(name: "DenseNetData", targets: ["DenseNetData"]),
    .library(name: "DenseNetIO", targets: ["DenseNetIO"]),
    .library(name: "DenseNetReports", targets: ["DenseNetReports"]),
    .library(name: "DenseNetTasks", targets: ["DenseNetTasks"]),
    .library(name: "DenseNetServer", targets: ["DenseNetServer"]),
    .library(name: "DenseNetMPI", targets: ["DenseNetMPI"]),
  ],
  traits: [
    .trait(
      name: "Serve",
      description:
        "The server: `densenet serve`, and the library DenseNetServer. Without it none of its packages is fetched."),
    .trait(
      name: "MPI",
      description:
        "Training on several machines: `mpirun -n 4 densenet train`, and the library DenseNetMPI. Without it MPI is neither linked nor needed."
    ),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
  ],
  targets: [
    .target(name: "CDenseKernels", exclude: ["README.md"], cSettings: strictC + [.headerSearchPath(".")]),
    // Checksums; macOS brings its own.
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .systemLibrary(name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "CLibWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .systemLibrary(name: "CLibGIF", pkgConfig: "libgif", providers: [.apt(["libgif-dev"]), .brew(["giflib"])]),
    .systemLibrary(name: "CLibTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"]), .brew(["libtiff"])]),
    .target(
      name: "CImageCodecs", dependencies: ["CLibJPEG", "CLibPNG", "CLibWebP", "CLibGIF", "CLibTIFF"],
      cSettings: strictC,
      linkerSettings: ["jpeg", "png", "webpdemux", "webp", "gif", "tiff"].map { .linkedLibrary($0) }),
    .target(name: "CImageNetLabels", exclude: ["data"], cSettings: strictC),
    .target(name: "CFashionSample", exclude: ["data"], cSettings: strictC),
    .target(name: "DenseNets", dependencies: ["CDenseKernels"], swiftSettings: strict),
    .target(
      name: "DenseNetData",
      dependencies: [
        "DenseNets", "CZlib", "CFashionSample", "CImageCodecs", "CImageNetLabels",
        .target(name: "CLibCrypto", condition: .when(platforms: [.linux])),
      ],
      swiftSettings: strict),
    .target(
      name: "DenseNetIO",
      dependencies: ["DenseNets", "CLibZip", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["Runs/Events/events.proto", "Formats/ONNX/Schema/onnx.proto"], swiftSettings: strict),
    .target(name: "DenseNetReports", dependencies: ["DenseNets"], swiftSettings: strict),
    .target(
      name: "DenseNetTasks", dependencies: ["DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports"],
      swiftSettings: strict),
    .target(name: "CServerPage", cSettings: strictC),
    .target(
      name: "DenseNetServer",
      dependencies: [
        "DenseNets", "DenseNetData", "DenseNetIO", "DenseNetTasks", "CServerPage", "CZlib",
        served("Hummingbird", "hummingbird"), served("HummingbirdCore", "hummingbird"),
        served("HummingbirdHTTP2", "hummingbird"),
        served("HummingbirdTLS", "hummingbird"), served("NIOCore", "swift-nio"), served("NIOPosix", "swift-nio"),
        served("NIOTLS", "swift-nio"), served("NIOHTTPTypes", "swift-nio-extras"), served("NIOSSL", "swift-nio-ssl"),
        served("HTTPTypes", "swift-http-types"), served("Logging", "swift-log"),
        served("ServiceLifecycle", "swift-service-lifecycle"), served("GRPCCore", "grpc-swift-2"),
        served("GRPCNIOTransportHTTP2", "grpc-swift-nio-transport"), served("NIOHPACK", "swift-nio-http2"),
        served("NIOHTTP2", "swift-nio-http2"), served("SwiftProtobuf", "swift-protobuf"),
      ],
      exclude: ["GRPC/Schema/inference.proto", "GRPC/Schema/health.proto"],
      // Modules of NIO and gRPC wrap the C library and zlib as well, and the compiler takes whichever it loads first for
      // the owner of `stat` and `z_stream`, which no import of this target's could then name.
      swiftSettings: lenient),
    .systemLibrary(name: "CMPI", pkgConfig: mpi, providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
    .target(
      name: "DenseNetMPI", dependencies: ["DenseNets", .target(name: "CMPI", condition: .when(traits: ["MPI"]))],
      swiftSettings: strict),
    .executableTarget(
      name: "densenet",
      dependencies: [
        "DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks",
        .target(name: "DenseNetServer", condition: .when(traits: ["Serve"])),
        .target(name: "DenseNetMPI", condition: .when(traits: ["MPI"])),
        served("Logging", "swift-log"), served("ServiceLifecycle", "swift-service-lifecycle"),
        served("UnixSignals", "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // The C kernels' own tests, a program: `make kernel-tests`.
    .executableTarget(
      name: "CKernelTests", dependencies: ["CDenseKernels"], path: "Tests/CKernelTests", cSettings: strictC,
      linkerSettings: [.linkedLibrary("m")]),
    .testTarget(name: "DenseNetsTests", dependencies: ["DenseNets", "DenseNetIO"], swiftSettings: strict),
    .testTarget(
      name: "DenseNetDataTests", dependencies: ["DenseNetData", "DenseNetReports", "DenseNets", "CZlib"],
      exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "DenseNetIOTests",
      dependencies: ["DenseNetIO", "DenseNets", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      swiftSettings: strict),
    .testTarget(name: "DenseNetReportsTests", dependencies: ["DenseNetReports"], swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests", dependencies: ["densenet", "DenseNetData", "DenseNets"], swiftSettings: strict),
    .testTarget(
      name: "DenseNetServerTests",
      dependencies: [
        "DenseNetServer", "DenseNetTasks", "DenseNetData", "DenseNetIO", "DenseNets",
        served("Hummingbird", "hummingbird"), served("NIOCore", "swift-nio"), served("NIOPosix", "swift-nio"),
        served("NIOSSL", "swift-nio-ssl"), served("HTTPTypes", "swift-http-types"), served("Logging", "swift-log"),
        served("ServiceLifecycle", "swift-service-lifecycle"),
        served("GRPCCore", "grpc-swift-2"), served("GRPCNIOTransportHTTP2", "grpc-swift-nio-transport"),
        served("SwiftProtobuf", "swift-protobuf"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DenseNetTasksTests", dependencies: ["DenseNetTasks", "DenseNets", "DenseNetData", "DenseNetIO"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu2x
)

// For `make docs` alone. No target uses the plugin, so no trait could keep it out of the builds of this package's users.
if Context.environment["DENSENET_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0"))
}
