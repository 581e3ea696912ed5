// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hummingbird-metrics",
    dependencies: [
        .package(name: "sightline", path: "../.."),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "HummingbirdMetrics",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "PrometheusMetrics", package: "sightline"),
                .product(name: "PrometheusSwiftMetrics", package: "sightline"),
            ],
            path: "Sources"
        )
    ],
    swiftLanguageModes: [.v6]
)
