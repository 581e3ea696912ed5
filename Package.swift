// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "sightline",
    products: [
        .library(name: "EventHTTP", targets: ["EventHTTP"]),
        .library(name: "PrometheusMetrics", targets: ["PrometheusMetrics"]),
        .library(name: "PrometheusMetricsTesting", targets: ["PrometheusMetricsTesting"]),
        .library(name: "PrometheusSwiftMetrics", targets: ["PrometheusSwiftMetrics"]),
        .library(name: "Observability", targets: ["Observability"]),
        .library(name: "WebConfiguration", targets: ["WebConfiguration"]),
        .executable(name: "Server", targets: ["Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibcrypt",
            pkgConfig: "libcrypt",
            providers: [.apt(["libcrypt-dev"])]
        ),
        .systemLibrary(
            name: "CLibevent",
            pkgConfig: "libevent_core",
            providers: [.apt(["libevent-dev"])]
        ),
        .systemLibrary(
            name: "CLibyaml",
            pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .target(
            name: "EventHTTP",
            dependencies: ["CLibevent", "COpenSSL", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),
        .target(
            name: "PrometheusMetrics",
            path: "Sources/Metrics",
            swiftSettings: settings
        ),
        .target(
            name: "PrometheusMetricsTesting",
            dependencies: ["PrometheusMetrics"],
            path: "Sources/MetricsTesting",
            swiftSettings: settings
        ),
        .target(
            name: "PrometheusSwiftMetrics",
            dependencies: ["PrometheusMetrics", .product(name: "CoreMetrics", package: "swift-metrics")],
            path: "Sources/SwiftMetrics",
            swiftSettings: settings
        ),
        .target(
            name: "Observability",
            dependencies: ["EventHTTP", "PrometheusMetrics", "CZlib"],
            swiftSettings: settings
        ),
        .target(
            name: "WebConfiguration",
            dependencies: ["CLibcrypt", "CLibyaml", "COpenSSL", "EventHTTP"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Server",
            dependencies: [
                "EventHTTP", "PrometheusMetrics", "Observability", "WebConfiguration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(name: "TestSupport", dependencies: ["CZlib"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "EventHTTPTests",
            dependencies: ["CLibevent", "EventHTTP", "TestSupport"],
            exclude: ["Conformance"],
            swiftSettings: settings
        ),
        .target(name: "AllocationCounting", path: "Tests/AllocationCounting"),
        .executableTarget(
            name: "ExpositionFuzz",
            dependencies: ["PrometheusMetrics", "TestSupport"],
            path: "Tests/ExpositionFuzz",
            exclude: ["check.py", "requirements.txt"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ScrapeRace",
            dependencies: ["PrometheusMetrics", "PrometheusMetricsTesting", "TestSupport"],
            path: "Tests/ScrapeRace",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: [
                "AllocationCounting", "ExpositionFuzz", "PrometheusMetrics", "PrometheusMetricsTesting", "ScrapeRace",
                "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PrometheusMetricsTestingTests", dependencies: ["PrometheusMetrics", "PrometheusMetricsTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "PrometheusSwiftMetricsTests",
            dependencies: [
                "PrometheusSwiftMetrics", "PrometheusMetrics", "PrometheusMetricsTesting", "AllocationCounting",
                "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ObservabilityTests",
            dependencies: [
                "Observability", "EventHTTP", "PrometheusMetrics", "PrometheusMetricsTesting", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "WebConfigurationTests", dependencies: ["WebConfiguration", "EventHTTP", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests", dependencies: ["EventHTTP", "Server", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "EventHTTP", "ExpositionFuzz", "PrometheusMetrics", "PrometheusMetricsTesting", "Server", "TestSupport",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
