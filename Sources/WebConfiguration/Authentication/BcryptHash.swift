/// A password's hash as bcrypt makes it, such as `$2y$10$` and 53 further characters.
///
/// The variants `2a`, `2b` and `2y` are the same algorithm.
public struct BcryptHash: Sendable, Hashable, CustomStringConvertible {
    /// How much work a check is: 2^cost rounds, from 4 to ``maximumCost``. Each step doubles it; 10 takes about 50 ms.
    public let cost: Int

    let text: [UInt8]

    /// The highest cost that is taken. bcrypt goes up to 31, but at 16 a check takes some seconds already.
    public static let maximumCost = 16

    /// The part that depends on the password: what follows variant, cost and salt.
    static let digestRange = 29..<60

    /// Why a text is no hash that passwords can be checked by.
    public enum Problem: Error, Sendable, Hashable {
        /// It isn't `$2a$`, `$2b$` or `$2y$`, two digits from 04 to 31, `$`, and 53 characters of bcrypt's alphabet.
        case malformed
        /// It is one, but its cost is above ``BcryptHash/maximumCost``.
        case costTooHigh(Int)
    }

    /// - Parameter text: the hash, with nothing around it.
    public init(_ text: String) throws(Problem) {
        let text = Array(text.utf8)
        guard text.count == Self.digestRange.upperBound,
            text.starts(with: "$2".utf8), "aby".utf8.contains(text[2]), text[3] == UInt8(ascii: "$"),
            text[4..<6].allSatisfy(Self.digits.contains), text[6] == UInt8(ascii: "$"),
            text[7...].allSatisfy(Self.isInAlphabet)
        else { throw .malformed }
        cost = text[4..<6].reduce(0) { $0 * 10 + Int($1 - Self.digits.lowerBound) }
        guard (4...31).contains(cost) else { throw .malformed }
        guard cost <= Self.maximumCost else { throw .costTooHigh(cost) }
        self.text = text
    }

    /// A hash that no password is known for, as costly to check as any other of that cost.
    init(decoyOfCost cost: Int) {
        self.cost = cost
        let digits = [cost / 10, cost % 10].map { Self.digits.lowerBound + UInt8($0) }
        text = Array("$2b$".utf8) + digits + Array("$".utf8) + [UInt8](repeating: UInt8(ascii: "."), count: 53)
    }

    /// The cost alone: a hash belongs in no log.
    public var description: String { "bcrypt hash of cost \(cost)" }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case digits, UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
