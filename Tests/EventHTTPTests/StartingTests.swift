import EventHTTP
import TestSupport
import Testing

@Suite struct StartingTests {
    @Test(arguments: ["", "x", "1.2.3.4", ":80", "h:", "h:70000", "h:-1", "::1:80", "h:8 0"])
    func refusesWhatIsNoAddress(text: String) {
        #expect {
            try HTTPServer(Router(), listen: [text], loops: 1).start()
        } throws: { error in
            if case .invalidAddress(text)? = error as? ServerError { true } else { false }
        }
    }

    @Test func saysWhenAPortIsInUseEvenByAServerThatWouldShareIt() async throws {
        let first = try HTTPServer(Router(), listen: ["127.0.0.1:0"], loops: 2).start()
        let address = first.addresses[0].description
        #expect {
            try HTTPServer(Router(), listen: [address], loops: 2).start()
        } throws: { error in
            "\(error)"
                == "can't listen on \(address): the address is in use; stop what listens there or choose another port"
        }
        first.drain()
        await first.waitUntilEnded()
        let second = try HTTPServer(Router(), listen: [address], loops: 2).start()
        second.drain()
        await second.waitUntilEnded()
    }

    @Test func listensOnSeveralAddresses() async throws {
        var router = Router()
        router.get("/") { _ in .text("here") }
        let server = try HTTPServer(router, listen: ["127.0.0.1:0", "127.0.0.1:0"], loops: 2).start()
        for address in server.addresses {
            #expect(try RawConnection(port: address.port).request("/").body == "here")
        }
        server.drain()
        await server.waitUntilEnded()
    }

    @Test func runEndsWhenItsTaskIsCancelled() async throws {
        let task = Task { try await HTTPServer(Router(), listen: ["127.0.0.1:0"], loops: 2).run() }
        task.cancel()
        try await task.value
    }
}
