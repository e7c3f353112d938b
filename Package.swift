// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A library target of this package.
func layer(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A program of this package.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + ["Runtime", .product(name: "ArgumentParser", package: "swift-argument-parser")],
        swiftSettings: strict
    )
}

/// The tests of one target or of several together.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "mention-farm",
    products: [
        .executable(name: "mention-producer", targets: ["mention-producer"]),
        .executable(name: "mention-worker", targets: ["mention-worker"]),
        .executable(name: "mention-admin", targets: ["mention-admin"]),
        .executable(name: "mention-train", targets: ["mention-train"]),
        .executable(name: "mention-demo", targets: ["mention-demo"]),
        .executable(name: "mention-nemesis", targets: ["mention-nemesis"]),
        // The stages of a worker, for benchmarks/Package.swift: a package can only use another's products.
        .library(
            name: "FarmStages",
            targets: [
                "BrandMatching", "Classification", "Copies", "Fingerprinting", "MentionModel", "Pipeline",
                "PostgresClient", "ShippedModel", "Synthesis",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // C libraries, each imported by one wrapper.
        .systemLibrary(name: "CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The C library's own settings of its heap.
        .systemLibrary(name: "CHeap"),
        // A hint to the processor which memory will be read soon.
        .systemLibrary(name: "CPrefetch"),

        // Pure: no I/O, no clock, no randomness.
        layer("MentionModel"),
        layer("Fingerprinting", ["MentionModel"]),
        layer("Copies", ["CPrefetch", "Fingerprinting", "MentionModel"]),
        layer("BrandMatching", ["Fingerprinting", "MentionModel"]),
        layer("Classification", ["Fingerprinting", "MentionModel"]),
        layer("Training", ["Classification", "MentionModel"]),
        layer("Advocacy", ["MentionModel"]),
        layer("Signals"),
        layer("Reporting"),
        layer("Triage", ["MentionModel"], resources: [.embedInCode("default-rules.json")]),
        layer("Conversations", ["MentionModel"]),
        layer("Pipeline", ["Copies", "MentionModel", collections]),
        layer("Feeds", ["MentionModel"]),
        layer("Synthesis", ["MentionModel", "Fingerprinting"]),

        layer("Conditions", [logging]),

        // What a worker measures: the catalogue, the values, and their text. No clock and no I/O, but values that tasks share.
        layer("FarmMetrics", ["MentionModel", coreMetrics]),

        // The model file, in the binary.
        .target(
            name: "CShippedModel",
            exclude: ["mention.mfm", "MODEL_CARD.md"],
            cSettings: [.headerSearchPath(".")]
        ),
        layer("ShippedModel", ["CShippedModel", "Classification"]),

        // Wrappers: the only code that touches a C pointer.
        layer("ThreadExecutors", [collections]),
        layer("KafkaClient", ["CRDKafka", "ThreadExecutors"]),
        layer("PostgresClient", ["CLibPQ", "ThreadExecutors"]),
        layer("Gzip", ["CZlib"]),

        // Adapters.
        layer(
            "Persistence",
            [
                "Advocacy", "BrandMatching", "Classification", "Conversations", "Copies", "Fingerprinting",
                "MentionModel", "Pipeline", "PostgresClient", "Reporting", "Signals", "Triage",
            ],
            resources: [.embedInCode("Migrations")]
        ),
        layer(
            "Ingestion",
            [
                "BrandMatching", "Classification", "Conditions", "Copies", "FarmMetrics", "Fingerprinting",
                "KafkaClient", "MentionModel", "Persistence", "Pipeline", "PostgresClient", "Triage", collections,
                coreMetrics, logging,
            ]
        ),

        // Assembly.
        layer(
            "Runtime",
            [
                "CHeap", "KafkaClient", "PostgresClient", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
            ]
        ),
        layer(
            "MetricsServing",
            ["FarmMetrics", "Runtime", coreMetrics, logging, .product(name: "FlyingFox", package: "FlyingFox")]
        ),
        layer(
            "ModelChoice",
            [
                "Classification", "MentionModel", "Runtime", "ShippedModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        layer("EmbeddedServices", ["KafkaClient", "PostgresClient", subprocess]),

        // Programs.
        program(
            "mention-producer",
            [
                "Conditions", "Feeds", "Fingerprinting", "Gzip", "KafkaClient", "MentionModel", "Synthesis",
                "ThreadExecutors", logging,
            ]
        ),
        program(
            "mention-worker",
            [
                "Classification", "FarmMetrics", "Ingestion", "KafkaClient", "MentionModel", "MetricsServing",
                "ModelChoice", "Pipeline", coreMetrics,
            ]
        ),
        program(
            "mention-admin",
            [
                "Advocacy", "BrandMatching", "Classification", "Conversations", "Copies", "Ingestion", "KafkaClient",
                "MentionModel", "ModelChoice", "Persistence", "PostgresClient", "Reporting", "Signals", "Triage",
            ]
        ),
        program("mention-train", ["Classification", "ModelChoice", "Training"]),
        program("mention-demo", ["EmbeddedServices", "KafkaClient", "Persistence", "PostgresClient", subprocess]),
        program(
            "mention-nemesis",
            ["EmbeddedServices", "KafkaClient", "Persistence", "PostgresClient", "Synthesis", subprocess]
        ),

        // A worker with a protection taken out, for tests of the checks.
        .executableTarget(
            name: "mutant-worker",
            dependencies: [
                "Classification", "FarmMetrics", "Ingestion", "KafkaClient", "MentionModel", "MetricsServing",
                "ModelChoice", "Pipeline", "Runtime", coreMetrics,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/mutant-worker",
            swiftSettings: strict
        ),

        // Fuzzing: no program for users, but built with the rest, so that the tests can run it.
        .target(
            name: "Fuzzing",
            dependencies: [
                "BrandMatching", "Classification", "Copies", "Feeds", "Fingerprinting", "Gzip", "MentionModel",
                "PostgresClient", "ShippedModel", "Synthesis",
            ],
            path: "benchmarks/fuzz/Fuzzing",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "mention-fuzz",
            dependencies: ["Fuzzing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "benchmarks/fuzz/mention-fuzz",
            swiftSettings: strict
        ),

        // Measures how copies are found: no program for users either.
        .executableTarget(
            name: "mention-copies",
            dependencies: [
                "Copies", "Fingerprinting", "MentionModel", "Synthesis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "benchmarks/copies/mention-copies",
            swiftSettings: strict
        ),

        // Tests.
        tests("MentionModelTests", ["MentionModel"]),
        tests("FingerprintingTests", ["Fingerprinting", "MentionModel"]),
        tests("CopiesTests", ["Copies", "Fingerprinting", "MentionModel"]),
        tests("BrandMatchingTests", ["BrandMatching", "MentionModel"]),
        tests("ClassificationTests", ["Classification", "MentionModel"]),
        tests("TrainingTests", ["Classification", "MentionModel", "ShippedModel", "Training"]),
        tests("AdvocacyTests", ["Advocacy", "MentionModel"]),
        tests("SignalsTests", ["Signals"]),
        tests("ReportingTests", ["Reporting"]),
        tests("TriageTests", ["MentionModel", "Triage"]),
        tests("ConversationsTests", ["Conversations", "MentionModel"]),
        tests("PipelineTests", ["Pipeline", "MentionModel"]),
        tests("FeedsTests", ["Feeds", "MentionModel"]),
        tests("SynthesisTests", ["Classification", "MentionModel", "ShippedModel", "Synthesis"]),
        tests("GzipTests", ["Gzip"]),
        tests("KafkaClientTests", ["KafkaClient"]),
        tests("PostgresClientTests", ["PostgresClient", "EmbeddedServices"]),
        tests(
            "PersistenceTests",
            [
                "Advocacy", "BrandMatching", "Classification", "Copies", "EmbeddedServices", "Fingerprinting",
                "MentionModel", "Persistence", "Pipeline", "PostgresClient", "Reporting", "Signals", "Triage",
            ]
        ),
        tests(
            "IngestionTests",
            [
                "BrandMatching", "Classification", "Copies", "Fingerprinting", "Ingestion", "KafkaClient",
                "MentionModel", "Persistence", "Pipeline", "PostgresClient", "Triage",
            ]
        ),
        tests("ModelChoiceTests", ["Classification", "MentionModel", "ModelChoice", "Runtime", "ShippedModel"]),
        tests("FarmMetricsTests", ["FarmMetrics", "MentionModel", "MetricsServing", "Runtime", coreMetrics, logging]),
        tests("NemesisTests", ["EmbeddedServices", "PostgresClient", "mention-nemesis"]),
        tests(
            "RuntimeTests",
            [
                "Conditions", "EmbeddedServices", "KafkaClient", "PostgresClient", "Runtime", subprocess,
                "mention-admin", "mention-producer", "mention-worker",
            ]
        ),
        tests("FuzzTests", ["Fuzzing", "PostgresClient", "Synthesis", "mention-fuzz", subprocess]),
        tests(
            "FarmTests",
            [
                "Classification", "EmbeddedServices", "KafkaClient", "PostgresClient", "Persistence", "ShippedModel",
                "Synthesis", "MentionModel", subprocess,
                "mention-producer", "mention-worker", "mention-admin", "mention-demo", "mention-nemesis",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
