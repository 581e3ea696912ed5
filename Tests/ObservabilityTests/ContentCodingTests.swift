import Observability
import Testing

@Suite struct ContentCodingTests {
    @Test(arguments: [
        ["gzip"], ["x-gzip"], ["GZip"], ["*"], ["gzip, deflate, br, zstd"], ["deflate", "gzip"],
        ["br;q=1.0, gzip;q=0.8"],
        ["gzip;q=0.001"], ["gzip ; q=0.5"], ["*;q=0.5"], ["*;q=0, gzip"], ["identity;q=0, *"], ["identity;q=0, gzip"],
        ["identity;q=0.5, gzip"], ["identity, gzip"], ["gzip;q=0.5, identity;q=0.5"], ["gzip;q=x, *"],
    ])
    func compressesWhenTheClientAcceptsGzip(acceptEncoding: [String]) {
        #expect(ContentCoding.negotiate(acceptEncoding: acceptEncoding) == .gzip)
    }

    @Test(arguments: [
        [], [""], [","], ["identity"], ["deflate"], ["gzip;q=0"], ["gzip;q=0.000"], ["x-gzip;q=0"], ["gzip;q=0, *"],
        ["*", "gzip;q=0"], ["*;q=0"], ["identity;q=0"], ["gzipped"], ["gzip;q=2"], ["gzip;q"], ["\"gzip\""],
        ["identity, gzip;q=0.5"], ["identity;q=0.5, *;q=0.4"],
    ])
    func sendsTheContentAsItIsOtherwise(acceptEncoding: [String]) {
        #expect(ContentCoding.negotiate(acceptEncoding: acceptEncoding) == .identity)
    }

    @Test func namesTheCodingAsInHeaders() {
        #expect(ContentCoding.gzip.rawValue == "gzip")
    }
}
