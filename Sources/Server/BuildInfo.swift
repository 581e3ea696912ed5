internal import PrometheusMetrics

/// What was built, as a metric whose value is always 1.
struct BuildInfo: MetricLabels {
    let version: String
    let swift: String
    let configuration: String

    static func register(with registry: MetricsRegistry) throws(RegistrationError) {
        try registry.info("app_build_info", help: "The build that is running; always 1.", BuildInfo.current)
    }

    private static var current: BuildInfo {
        #if compiler(>=6.3)
        let swift = "6.3"
        #else
        let swift = "6.2"
        #endif
        #if DEBUG
        let configuration = "debug"
        #else
        let configuration = "release"
        #endif
        return BuildInfo(version: Version.current, swift: swift, configuration: configuration)
    }
}
