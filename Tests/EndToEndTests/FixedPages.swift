import EventHTTP
import Logging
import PrometheusMetrics

/// Expositions that don't change, each at a path of its own, with the Content-Type of its format whatever is asked for.
final class FixedPages {
    private let server: RunningServer
    private let pages: [Page]

    struct Page {
        /// The name of the scrape job.
        let job: String
        let format: ExpositionFormat
        let body: [UInt8]
    }

    init(_ pages: [Page]) throws {
        self.pages = pages
        var router = Router()
        for (number, page) in pages.enumerated() {
            router.get("/\(number)") { _ in
                Response(contentType: page.format.contentType(), body: .bytes(page.body))
            }
        }
        server = try HTTPServer(
            router, listen: ["127.0.0.1:0"], loops: 1,
            logger: Logger(label: "pages") { _ in SwiftLogNoOpLogHandler() }
        ).start()
    }

    deinit { server.drain() }

    /// The exposition at a path.
    func text(at path: String) -> String {
        guard let number = Int(path.dropFirst()), pages.indices.contains(number) else { return "no page" }
        return String(decoding: pages[number].body, as: UTF8.self)
    }

    /// A Prometheus configuration that scrapes them all, and labels their samples with job and page.
    var configuration: String {
        let port = server.addresses[0].port
        let jobs = pages.enumerated().map { number, page in
            """
            - job_name: '\(page.job)'
              metrics_path: /\(number)
              static_configs: [{targets: ['127.0.0.1:\(port)']}]
            """
        }
        return """
            global: {scrape_interval: 1s}
            storage: {exemplars: {max_exemplars: 100000}}
            scrape_configs:
            \(jobs.joined(separator: "\n"))
            """
    }
}
