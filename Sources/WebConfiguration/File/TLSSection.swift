internal import EventHTTP

extension TLSConfiguration {
    /// - Parameters:
    ///   - section: `tls_server_config`.
    ///   - folder: what goes before relative paths; ends in a slash, or is empty.
    ///
    /// `nil` when the section asks for nothing.
    init?(_ section: Setting, folder: Substring) throws(WebConfigurationError) {
        let settings = try section.settings([
            "cert_file", "key_file", "client_auth_type", "client_ca_file", "client_allowed_sans", "min_version",
            "max_version", "cipher_suites", "prefer_server_cipher_suites", "curve_preferences", "cert", "key",
            "client_ca",
        ])
        for key in ["cert", "key", "client_ca"] {
            guard let setting = settings[key], !setting.isBlank else { continue }
            throw setting.error("a certificate or key within this file isn't supported: use \(key)_file")
        }
        guard settings.values.contains(where: { !$0.isBlank }) else { return nil }

        func path(_ key: String) throws(WebConfigurationError) -> String? {
            guard let path = try settings[key]?.text(), !path.isEmpty else { return nil }
            guard !path.utf8.contains(0) else { throw settings[key]!.error("a path can't hold the byte 0") }
            return path.hasPrefix("/") ? path : folder + path
        }
        guard let certificate = try path("cert_file") else { throw section.error("cert_file is missing") }
        guard let key = try path("key_file") else { throw section.error("key_file is missing") }
        self.init(certificate: certificate, key: key)

        clientAuthorities = try path("client_ca_file")
        try readClients(section, settings)
        try readVersions(settings)
        if let prefersServer = try settings["prefer_server_cipher_suites"]?.flag() {
            prefersServerCipherSuites = prefersServer
        }
        try readCipherSuites(settings)
        curves = try settings["curve_preferences"]?.texts(from: TLSNames.curves.map(\.name)) ?? []
    }

    private mutating func readClients(_ section: Setting, _ settings: [String: Setting]) throws(WebConfigurationError) {
        if let setting = settings["client_auth_type"], try !setting.text().isEmpty {
            let policies = ClientAuthentication.allCases.map { ($0.rawValue, $0) }
            // An older name that the toolkit still takes.
            clientAuthentication = try setting.choice(policies + [("RequireClientCert", .requireAny)])
        }
        switch clientAuthentication {
        case .verifyIfGiven, .requireAndVerify:
            guard clientAuthorities != nil else {
                throw section.error("client_ca_file is missing: \(clientAuthentication.rawValue) needs it")
            }
        case .none:
            if clientAuthorities != nil {
                throw settings["client_ca_file"]!.error("has no effect without client_auth_type: set it as well")
            }
        case .request, .requireAny: break
        }
        guard let setting = settings["client_allowed_sans"], let names = try setting.list() else { return }
        guard !names.isEmpty else { throw setting.error("an empty list would let nobody in: leave it out") }
        guard clientAuthentication != .none else {
            throw setting.error("has no effect without client_auth_type: set it as well")
        }
        for name in names {
            let text = try name.text()
            guard !text.isEmpty else { throw name.error("a name is empty") }
            clientAllowedNames.append(text)
        }
    }

    private mutating func readVersions(_ settings: [String: Setting]) throws(WebConfigurationError) {
        func version(_ key: String) throws(WebConfigurationError) -> Version? {
            guard let setting = settings[key], !setting.isNull else { return nil }
            if ["TLS10", "TLS11"].contains(try setting.text()) {
                throw setting.error("TLS 1.0 and 1.1 aren't supported (RFC 8996): use TLS12 or TLS13")
            }
            return try setting.choice(Version.allCases.map { ($0.rawValue, $0) })
        }
        minimumVersion = try version("min_version") ?? minimumVersion
        maximumVersion = try version("max_version") ?? maximumVersion
        if minimumVersion > maximumVersion {
            throw settings["max_version"]!.error("must not be lower than min_version")
        }
    }

    private mutating func readCipherSuites(_ settings: [String: Setting]) throws(WebConfigurationError) {
        guard let setting = settings["cipher_suites"] else { return }
        cipherSuites = try setting.texts(from: TLSNames.cipherSuites) ?? []
        let areOfTLS13 = !cipherSuites.isEmpty && cipherSuites.allSatisfy(TLSNames.tls13CipherSuites.contains)
        guard !areOfTLS13 || maximumVersion == .tls13 else {
            throw setting.error("has no suite of TLS 1.2, and max_version excludes TLS 1.3: add one")
        }
    }
}

extension Setting {
    /// The texts of a list, each of them one of `names`.
    fileprivate func texts(from names: [String]) throws(WebConfigurationError) -> [String]? {
        guard let list = try list() else { return nil }
        var texts: [String] = []
        for setting in list { texts.append(try setting.choice(names.map { ($0, $0) })) }
        return texts
    }
}
