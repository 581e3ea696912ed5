/// What all pages of the sink have in common: no script, nothing from elsewhere.
enum Page {
    /// - Parameter refresh: after how many seconds a browser asks again; `nil` for never.
    static func html(title: String, refresh: Int? = nil, _ body: HTML) -> HTML {
        let refreshing: HTML = refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" } ?? ""
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            \(refreshing)<title>\(title)</title>
            <style>
            \(style)
            </style>
            </head>
            <body>
            \(body)
            </body>
            </html>

            """
    }

    private static let style: HTML = """
        :root {
          color-scheme: light dark;
          --text: #1c2024; --quiet: #60666c; --ground: #f7f8f9; --card: #fff; --line: #dfe2e5; --link: #0b5cad;
          --page: #c62828; --ticket: #b25e00; --none: #60666c; --firing: #c62828; --resolved: #1b7f3b;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --text: #e6e8ea; --quiet: #9aa1a8; --ground: #121416; --card: #1c1f22; --line: #33383d; --link: #7ab7ff;
            --page: #ff7b72; --ticket: #f0a94a; --none: #9aa1a8; --firing: #ff7b72; --resolved: #56c271;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 72rem;
          background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
        }
        h1 { margin: 0; font-size: 1.6rem; }
        h2 { margin: 2rem 0 .75rem; font-size: 1.15rem; }
        h3 { margin: 0; font-size: 1rem; display: inline; }
        p { margin: .25rem 0; white-space: pre-line; }
        a { color: var(--link); }
        .quiet { color: var(--quiet); }
        .alert {
          margin: 0 0 .75rem; padding: .75rem 1rem; background: var(--card);
          border: 1px solid var(--line); border-left: 4px solid var(--none); border-radius: 6px;
        }
        .alert, td, pre { overflow-wrap: anywhere; unicode-bidi: isolate; }
        .alert.page { border-left-color: var(--page); }
        .alert.ticket { border-left-color: var(--ticket); }
        .severity, .status { font-weight: 600; font-size: .85rem; }
        .severity { text-transform: uppercase; letter-spacing: .03em; margin-right: .4rem; }
        .severity.page { color: var(--page); }
        .severity.ticket { color: var(--ticket); }
        .severity.none { color: var(--none); }
        .status.firing { color: var(--firing); }
        .status.resolved { color: var(--resolved); }
        .label {
          display: inline-block; margin: .15rem .2rem 0 0; padding: 0 .4rem;
          border: 1px solid var(--line); border-radius: 4px; font: .82rem/1.5 ui-monospace, monospace;
        }
        nav a { margin-right: 1rem; }
        .scrolls { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
        th, td { padding: .4rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
        pre {
          padding: 1rem; white-space: pre-wrap; background: var(--card);
          border: 1px solid var(--line); border-radius: 6px; font: .9rem/1.55 ui-monospace, monospace;
        }
        """
}
