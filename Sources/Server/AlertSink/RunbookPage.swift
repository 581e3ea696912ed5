/// Runbooks, as a browser shows them.
enum RunbookPage {
    /// The Markdown as it is: it is meant to be read that way too.
    static func text(_ markdown: String, named name: String) -> HTML {
        Page.html(
            title: name,
            """
            <nav><a href="/">Alerts</a><a href="/runbooks">Runbooks</a></nav>
            <pre>\(markdown, limit: .max)</pre>
            """)
    }

    /// - Parameter name: what was asked for in vain.
    static func list(of runbooks: Runbooks, lacking name: String? = nil) -> HTML {
        let items: [HTML] = runbooks.names.map { "<li><a href=\"/runbooks/\(path($0))\">\($0)</a></li>\n" }
        let lack: HTML = name.map { "<p>There is no runbook '\($0)'.</p>\n" } ?? ""
        let all: HTML =
            items.isEmpty
            ? "<p class=\"quiet\">There are no runbooks: start the sink with --runbooks FOLDER.</p>"
            : "<ul>\n\(items)</ul>"
        return Page.html(
            title: "Runbooks",
            """
            <nav><a href="/">Alerts</a></nav>
            <h1>Runbooks</h1>
            \(lack)\(all)
            """)
    }

    /// A path segment (RFC 3986 §3.3) of unreserved characters.
    private static func path(_ name: String) -> String {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        .joined()
    }
}
