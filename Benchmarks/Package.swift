// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    products: [.library(name: "Measurement", targets: ["Measurement"])],
    dependencies: [.package(name: "sightline", path: "..")],
    targets: [
        .executableTarget(
            name: "HTTPPeer",
            dependencies: [
                .product(name: "EventHTTP", package: "sightline"),
                .product(name: "Observability", package: "sightline"),
                .product(name: "PrometheusMetrics", package: "sightline"),
            ]
        ),
        .target(name: "Measurement"),
        .target(
            name: "MetricsLines",
            dependencies: ["Measurement", .product(name: "PrometheusMetrics", package: "sightline")]
        ),
        .executableTarget(name: "MetricsPeer", dependencies: ["Measurement", "MetricsLines"]),
        .executableTarget(
            name: "ScrapePeer",
            dependencies: [
                .product(name: "EventHTTP", package: "sightline"),
                .product(name: "Observability", package: "sightline"),
                .product(name: "PrometheusMetrics", package: "sightline"),
            ]
        ),
        .target(name: "AllocationCounting"),
        .executableTarget(
            name: "MetricsAllocations", dependencies: ["AllocationCounting", "Measurement", "MetricsLines"]),
    ],
    swiftLanguageModes: [.v6]
)
