// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "sightline", path: "..")],
    targets: [
        .executableTarget(
            name: "HTTPPeer",
            dependencies: [
                .product(name: "EventHTTP", package: "sightline"),
                .product(name: "Observability", package: "sightline"),
                .product(name: "PrometheusMetrics", package: "sightline"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
