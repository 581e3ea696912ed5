/// Waits until a condition holds, asking again and again; gives up after `deadline`.
///
/// - Returns: whether it came to hold.
public func eventually(
    within deadline: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + deadline
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
