// swift-tools-version: 6.2
import PackageDescription

// The benchmarks of the stages, apart from the farm's own package: who builds the farm does not build them.
let package = Package(
    name: "mention-farm-benchmarks",
    dependencies: [
        .package(name: "mention-farm", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "farm-stages",
            dependencies: [
                .product(name: "FarmStages", package: "mention-farm"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "stages",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .treatAllWarnings(as: .error),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
