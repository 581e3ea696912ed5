import Testing

@testable import WebConfiguration

@Suite struct BcryptTests {
    private func matches(_ password: [UInt8], _ hash: String) throws -> Bool {
        var bcrypt = Bcrypt()
        return try bcrypt.matches(password, BcryptHash(hash))
    }

    @Test(arguments: ["a", "b", "y"]) func allVariantsAreOneAlgorithm(variant: String) throws {
        let hash = "$2\(variant)" + Example.secret.dropFirst(3)
        #expect(try matches(Array("secret".utf8), hash))
        #expect(try !matches(Array("Secret".utf8), hash))
        #expect(try !matches([], hash))
        // One of the passwords that libcrypt computes differently for 2a, and Go and htpasswd don't.
        let rest = "$04$/OK.fbVrR/bpIqNJ5ianF.79F7iyfPXU.AMPgYp2WOmvgKQ4Ez/5."
        #expect(try matches([0xFF, 0xFF, 0xA3], "$2\(variant)" + rest))
    }

    @Test func everyCharacterOfTheDigestCounts() throws {
        for index in BcryptHash.digestRange {
            var hash = Array(Example.secret.utf8)
            hash[index] = hash[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            #expect(try !matches(Array("secret".utf8), String(decoding: hash, as: UTF8.self)), "\(index)")
        }
    }

    @Test func seventyTwoBytesCount() throws {
        let a = UInt8(ascii: "a")
        #expect(try matches([UInt8](repeating: a, count: 72), Example.longest))
        #expect(try matches([UInt8](repeating: a, count: 600) + [1], Example.longest))
        #expect(try !matches([UInt8](repeating: a, count: 71), Example.longest))
    }

    @Test func nothingMatchesADecoy() throws {
        var bcrypt = Bcrypt()
        #expect(try !bcrypt.matches(Array("secret".utf8), BcryptHash(decoyOfCost: 4)))
    }

    @Test func readsTheCost() throws {
        #expect(try BcryptHash(Example.costlySecret).cost == 8)
        #expect(BcryptHash(decoyOfCost: 12).cost == 12)
        #expect(throws: BcryptHash.Problem.costTooHigh(31)) { try BcryptHash("$2b$31" + Example.secret.dropFirst(6)) }
    }

    @Test func decoysAreAsCostlyAsUsersAndStayTheSame() throws {
        let maker = Fingerprint.Maker()
        let users = Users(["a": try BcryptHash(Example.secret), "b": try BcryptHash(Example.costlySecret)])
        var costs: Set<Int> = []
        for number in 0..<100 {
            let name = Array("user \(number)".utf8)
            let (hash, isUser) = users.hash(of: name, maker)
            #expect(!isUser)
            #expect(users.hash(of: name, maker).hash == hash)
            costs.insert(hash.cost)
        }
        #expect(costs == [4, 8])
        #expect(users.hash(of: Array("b".utf8), maker).hash.cost == 8)
    }

    @Test func fingerprintsTellPartsApart() {
        let maker = Fingerprint.Maker()
        #expect(maker.fingerprint(of: [1], [2]) == maker.fingerprint(of: [1], [2]))
        #expect(maker.fingerprint(of: [1], [2]) != maker.fingerprint(of: [1, 2], []))
        #expect(maker.fingerprint(of: [1], [2]) != Fingerprint.Maker().fingerprint(of: [1], [2]))
    }
}
