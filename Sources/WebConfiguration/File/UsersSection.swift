extension WebConfiguration {
    /// - Parameter section: `basic_auth_users`.
    static func users(_ section: Setting?) throws(WebConfigurationError) -> [String: BcryptHash] {
        guard let section else { return [:] }
        var users: [String: BcryptHash] = [:]
        for (name, setting) in try section.entries() {
            guard !name.isEmpty else { throw setting.error("a user's name is empty") }
            guard !name.contains(":") else { throw setting.error("a user's name can't hold a colon (RFC 7617)") }
            guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw setting.error("a user's name can't hold a control character (RFC 7617)")
            }
            let text = try setting.text()
            do throws(BcryptHash.Problem) {
                users[name] = try BcryptHash(text)
            } catch {
                let problem =
                    switch error {
                    case .malformed: "not a bcrypt hash"
                    case .costTooHigh(let cost):
                        "a cost of \(cost) takes too long, and \(BcryptHash.maximumCost) is the highest"
                    }
                throw setting.error("\(problem); make one with 'htpasswd -nBC 10 \(argument(name))'")
            }
        }
        return users
    }

    /// The name as one argument of a command.
    private static func argument(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        return isPlain ? name : "NAME"
    }
}
