// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the other benchmarks build without Hummingbird; its folder can't have that one's name.
let package = Package(
    name: "hummingbird-peer",
    dependencies: [
        .package(name: "sightline", path: "../../.."),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "HummingbirdPeer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "PrometheusMetrics", package: "sightline"),
                .product(name: "PrometheusSwiftMetrics", package: "sightline"),
            ],
            path: "Sources"
        )
    ],
    swiftLanguageModes: [.v6]
)
