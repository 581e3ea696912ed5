extension ClientConnection {
    /// Reads a response to its end (RFC 9112 §4, §5, §6.3, §7.1).
    ///
    /// - Parameters:
    ///   - hasContent: false for an answer to HEAD.
    ///   - limit: of the content, in bytes.
    mutating func receiveResponse(
        hasContent: Bool, limit: Int
    ) throws(HTTPClient.Failure) -> HTTPClient.Response {
        var budget = 65536
        var status = 0
        var headers: [(name: String, value: String)] = []
        // Those below 200 announce another one (RFC 9110 §15.2).
        while status < 200 {
            status = try self.status(line(&budget))
            headers = try fields(&budget)
        }
        var content: [UInt8] = []
        if hasContent, status != 204, status != 304 {
            try readContent(headers, limit: limit, into: &content)
        }
        return HTTPClient.Response(status: status, headers: headers, body: content)
    }

    private func status(_ line: String) throws(HTTPClient.Failure) -> Int {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            let status = Int(parts[1]), (100...599).contains(status)
        else { throw .malformedResponse(reason: "it begins with '\(line.prefix(40))'") }
        return status
    }

    private mutating func fields(_ budget: inout Int) throws(HTTPClient.Failure) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try line(&budget)
            if line.isEmpty { return fields }
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), isToken(String(line[..<colon])) else {
                throw .malformedResponse(reason: "the field line '\(line.prefix(40))'")
            }
            let value = line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
            let end = value.lastIndex { $0 != " " && $0 != "\t" }
            fields.append((String(line[..<colon]), end.map { String(value[...$0]) } ?? ""))
        }
    }

    private mutating func readContent(
        _ headers: [(name: String, value: String)], limit: Int, into content: inout [UInt8]
    ) throws(HTTPClient.Failure) {
        func values(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name }.map(\.value)
        }
        let codings = values("transfer-encoding")
        let lengths = Set(values("content-length"))
        if !codings.isEmpty {
            guard codings.map({ $0.lowercased() }) == ["chunked"] else {
                throw .malformedResponse(reason: "the Transfer-Encoding '\(codings.joined(separator: ", "))'")
            }
            try readChunks(limit: limit, into: &content)
        } else if let length = lengths.first {
            guard lengths.count == 1, let count = size(length, radix: 10) else {
                throw .malformedResponse(reason: "the Content-Length '\(lengths.sorted().joined(separator: ", "))'")
            }
            guard count <= limit else { throw .responseTooLarge(limit: limit) }
            try read(count, into: &content)
        } else {
            try readToEnd(limit: limit, into: &content)
        }
    }

    private mutating func readChunks(limit: Int, into content: inout [UInt8]) throws(HTTPClient.Failure) {
        while true {
            var budget = 1024
            let line = try line(&budget)
            // Extensions may follow.
            let digits = line.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
            guard let count = size(digits, radix: 16) else {
                throw .malformedResponse(reason: "the size of a chunk '\(line.prefix(40))'")
            }
            if count == 0 {
                var budget = 65536
                _ = try fields(&budget)
                return
            }
            guard count <= limit - content.count else { throw .responseTooLarge(limit: limit) }
            try read(count, into: &content)
            guard try self.line(&budget).isEmpty else {
                throw .malformedResponse(reason: "a chunk is longer than it says")
            }
        }
    }

    /// Digits and nothing else, without a sign.
    private func size(_ text: some StringProtocol, radix: Int) -> Int? {
        guard let first = text.first, first.isHexDigit else { return nil }
        return Int(text, radix: radix)
    }
}
