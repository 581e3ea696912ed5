internal import Glibc

/// The addresses that a server has bound.
struct Bindings: Sendable {
    /// As the system has them: with the ports that it chose.
    private(set) var addresses: [ListenAddress] = []
    private var files: [SocketFile] = []

    /// Binds an address, and lets all of its endpoint's acceptors accept from there.
    mutating func bind(_ address: ListenAddress, to acceptors: [Acceptor]) throws {
        switch address {
        case .tcp(let host, let port): try bind(SocketAddress.resolve(host: host, port: port), to: acceptors)
        case .unix(let path):
            SocketFile.removeStale(path)
            let socket = try ListeningSocket(on: SocketAddress(path: path), sharesPort: false)
            files.append(SocketFile(path))
            try share(socket, among: acceptors)
            addresses.append(address)
        case .inherited(let descriptor):
            let socket = try ListeningSocket(inherited: descriptor)
            addresses.append(socket.address.listenAddress ?? address)
            try share(socket, among: acceptors)
        }
    }

    /// Binds every address that a name has and this machine can take: `localhost` is often ::1 as well, also where there
    /// is no IPv6.
    private mutating func bind(_ resolved: [SocketAddress], to acceptors: [Acceptor]) throws {
        let before = addresses.count
        var failure: (any Error)?
        for address in resolved {
            do {
                try bind(address, to: acceptors)
            } catch ServerError.cannotListen(let name, let code) where code == EADDRNOTAVAIL || code == EAFNOSUPPORT {
                failure = ServerError.cannotListen(address: name, code: code)
            }
        }
        if addresses.count == before, let failure { throw failure }
    }

    /// Gives every loop a socket of its own on the same port.
    private mutating func bind(_ address: SocketAddress, to acceptors: [Acceptor]) throws {
        if address.listenAddress?.port != 0 { try ListeningSocket.checkIsFree(address) }
        let first = try ListeningSocket(on: address, sharesPort: acceptors.count > 1)
        // Where the system chose the port, the others follow the first.
        let actual = first.address
        try acceptors[0].listen(on: first)
        for acceptor in acceptors.dropFirst() {
            try acceptor.listen(on: ListeningSocket(on: actual, sharesPort: true))
        }
        if let address = actual.listenAddress { addresses.append(address) }
    }

    /// Lets every loop accept from the same socket.
    private func share(_ socket: consuming ListeningSocket, among acceptors: [Acceptor]) throws {
        for acceptor in acceptors.dropFirst() { try acceptor.listen(on: socket.duplicate()) }
        try acceptors[0].listen(on: socket)
    }

    func removeFiles() { for file in files { file.remove() } }
}
