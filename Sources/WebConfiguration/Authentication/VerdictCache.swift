/// The verdicts on credentials that were checked before, by their fingerprints.
struct VerdictCache {
    /// One for each user at most, because one password only is right: this needs no bound of its own.
    private var admitted: Set<Fingerprint> = []
    private var refused: Set<Fingerprint> = []
    private let refusedLimit: Int

    /// - Parameter refusedLimit: how many wrong credentials are remembered. Beyond that, one at random is forgotten, so
    ///   that nobody can tell which; right ones never are, however many wrong ones somebody tries.
    init(refusedLimit: Int) { self.refusedLimit = refusedLimit }

    var count: Int { admitted.count + refused.count }

    subscript(_ fingerprint: Fingerprint) -> Bool? {
        if admitted.contains(fingerprint) { return true }
        return refused.contains(fingerprint) ? false : nil
    }

    mutating func remember(_ verdict: Bool, for fingerprint: Fingerprint) {
        if verdict {
            admitted.insert(fingerprint)
            return
        }
        if refused.count >= refusedLimit, let victim = refused.randomElement() { refused.remove(victim) }
        refused.insert(fingerprint)
    }

    mutating func removeAll() {
        admitted.removeAll()
        refused.removeAll()
    }
}
