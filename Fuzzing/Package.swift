// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A program that libFuzzer drives; build it with scripts/fuzz.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzSupport", "Reference", .product(name: "EventHTTP", package: "sightline")] + dependencies,
        swiftSettings: settings)
}

let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(name: "sightline", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        .target(name: "FuzzSupport", dependencies: ["CFuzzer"], swiftSettings: settings),
        .target(
            name: "Reference", dependencies: [.product(name: "EventHTTP", package: "sightline")],
            swiftSettings: settings),
        fuzzer("GateFuzz"),
        fuzzer("TargetFuzz"),
        fuzzer("RouterFuzz"),
        fuzzer("ConnectionFuzz", ["CFuzzer", .product(name: "Logging", package: "swift-log")]),
        fuzzer("ResponseFuzz"),
    ],
    swiftLanguageModes: [.v6]
)
