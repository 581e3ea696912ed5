/// Requests that have ended, to be used again.
struct SpareRequests {
    private var requests: [Request] = []

    /// As many as a loop begins and ends in one turn.
    private static let most = 4096

    /// - Returns: one that nobody else has kept.
    mutating func take() -> Request? {
        guard var request = requests.popLast(), isKnownUniquelyReferenced(&request) else { return nil }
        return request
    }

    mutating func put(_ request: Request) {
        if requests.count < Self.most { requests.append(request) }
    }
}
