import Testing

@testable import WebConfiguration

@Suite struct BasicCredentialsTests {
    @Test(arguments: [
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"), ("basic YTpi", "a", "b"),
        ("BASIC   YTpi", "a", "b"), ("Basic YTpiOmM=", "a", "b:c"), ("Basic YTo=", "a", ""), ("Basic Og==", "", ""),
        ("Basic dGVzdDoxMjPCow==", "test", "123£"), ("Basic Pj4+Pz8/OmE=", ">>>???", "a"),
    ])
    func reads(authorization: String, user: String, password: String) {
        let credentials = BasicCredentials(authorization: authorization)
        #expect(credentials?.user == Array(user.utf8))
        #expect(credentials?.password == Array(password.utf8))
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "BasicYTpi", "Bearer YTpi", "Basic\tYTpi", "Basic YTpi ", "Basic YTp", "Basic YTo",
        "Basic YTo==",
        "Basic =YTp", "Basic YT=p", "Basic YQ==", "Basic Y===", "Basic ====", "Basic YT-_", "Basic YTpi, Basic YTpi",
        "YTpi",
        "Basic a:b", "Basic YToA", "Basic YToK", "Basic YTp/", "Basic YTpié",
    ])
    func refuses(authorization: String) { #expect(BasicCredentials(authorization: authorization) == nil) }

    @Test func readsBackWhateverIsWritten() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 0x80 | $0 &* 37) }
            let credentials = BasicCredentials(authorization: basic(Array("a:".utf8) + bytes))
            #expect(credentials?.password == bytes)
        }
    }
}
