/// The users, by name.
struct Users: Sendable {
    private let hashes: [[UInt8]: BcryptHash]
    /// One for every user, of the same cost.
    private let decoys: [BcryptHash]

    init(_ users: [String: BcryptHash]) {
        hashes = Dictionary(uniqueKeysWithValues: users.map { (Array($0.key.utf8), $0.value) })
        decoys = users.isEmpty ? [BcryptHash(decoyOfCost: 10)] : users.values.map { BcryptHash(decoyOfCost: $0.cost) }
    }

    /// The hash to check a user's password by. For a name that no user has, it is one as costly as those of users, and
    /// always the same for the same name, so that the time doesn't tell which names there are.
    func hash(of name: [UInt8], _ maker: Fingerprint.Maker) -> (hash: BcryptHash, isUser: Bool) {
        let decoy = decoys[Int(maker.fingerprint(of: name).number % UInt64(decoys.count))]
        let hash = hashes[name]
        return (hash ?? decoy, hash != nil)
    }
}
