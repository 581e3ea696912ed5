// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the other benchmarks build without swift-prometheus; its folder can't have that one's
// name.
let package = Package(
    name: "swift-prometheus-peer",
    dependencies: [
        .package(name: "benchmarks", path: "../.."),
        .package(url: "https://github.com/swift-server/swift-prometheus", from: "2.3.0"),
    ],
    targets: [
        .executableTarget(
            name: "SwiftPrometheusPeer",
            dependencies: [
                .product(name: "Measurement", package: "benchmarks"),
                .product(name: "Prometheus", package: "swift-prometheus"),
            ],
            path: "Sources"
        )
    ],
    swiftLanguageModes: [.v6]
)
