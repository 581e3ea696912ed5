/// Why a request was refused before any handler could see it.
///
/// The raw value is what metrics and logs call it.
public enum RejectionReason: String, Sendable, Hashable, CaseIterable {
    /// The request line isn't `method target version`, each separated by one space (RFC 9112 §3).
    case malformedRequestLine = "malformed_request_line"
    /// The version is neither HTTP/1.1 nor HTTP/1.0 (RFC 9112 §2.3).
    case unsupportedVersion = "unsupported_version"
    /// The method is none that ``HTTPMethod`` knows (RFC 9110 §9.1).
    case unknownMethod = "unknown_method"
    /// The target is longer than ``ServerLimits/targetBytes`` (RFC 9112 §3).
    case targetTooLong = "target_too_long"
    /// The target has none of the four forms, holds a byte that must be escaped, or a malformed escape (RFC 9112 §3.2).
    case malformedTarget = "malformed_target"
    /// The head is longer than ``ServerLimits/headerBytes`` (RFC 6585 §5).
    case headerTooLarge = "header_too_large"
    /// There are more fields than ``ServerLimits/headerFields`` (RFC 6585 §5).
    case tooManyFields = "too_many_fields"
    /// A field line isn't `name: value` (RFC 9112 §5): a blank before the colon, a folded line, a control character.
    case malformedField = "malformed_field"
    /// A line ends with LF alone, or holds a CR without one (RFC 9112 §2.2).
    case malformedLineEnd = "malformed_line_end"
    /// An HTTP/1.1 request without Host (RFC 9112 §3.2).
    case missingHost = "missing_host"
    /// More than one Host (RFC 9112 §3.2).
    case repeatedHost = "repeated_host"
    /// Host is no `host[:port]` (RFC 9112 §3.2).
    case malformedHost = "malformed_host"
    /// More than one Content-Length, even if they agree (RFC 9112 §6.3).
    case repeatedContentLength = "repeated_content_length"
    /// Content-Length is anything but digits (RFC 9112 §6.3).
    case malformedContentLength = "malformed_content_length"
    /// Content-Length beside Transfer-Encoding: how requests are smuggled (RFC 9112 §6.1).
    case contentLengthWithTransferEncoding = "content_length_with_transfer_encoding"
    /// Transfer-Encoding in an HTTP/1.0 request (RFC 9112 §6.1).
    case transferEncodingInHTTP10 = "transfer_encoding_in_http_1_0"
    /// Transfer-Encoding isn't a list of codings, or doesn't end in `chunked` alone (RFC 9112 §6.1, §6.3).
    case malformedTransferEncoding = "malformed_transfer_encoding"
    /// A transfer coding other than `chunked` (RFC 9112 §6.1).
    case unsupportedTransferCoding = "unsupported_transfer_coding"
    /// Content in a HEAD or TRACE request (RFC 9110 §9.3.2, §9.3.8).
    case unexpectedContent = "unexpected_content"
    /// Expect asks for anything but `100-continue` (RFC 9110 §10.1.1).
    case unknownExpectation = "unknown_expectation"
    /// There is more content than ``ServerLimits/bodyBytes`` (RFC 9110 §15.5.14).
    case contentTooLarge = "content_too_large"
    /// Chunked content that isn't chunked as RFC 9112 §7.1 says.
    case malformedChunk = "malformed_chunk"
    /// The head wasn't there within ``ServerDeadlines/header`` (RFC 9110 §15.5.9).
    case headerTimeout = "header_timeout"
    /// The content wasn't there within ``ServerDeadlines/request`` (RFC 9110 §15.5.9).
    case requestTimeout = "request_timeout"
    /// There are as many connections as ``ServerLimits/connections`` or ``ServerLimits/connectionsPerLoop`` allow.
    case tooManyConnections = "too_many_connections"
    /// A plain request where TLS is spoken.
    case plainHTTPOnTLS = "plain_http_on_tls"

    /// The status that the client is answered with.
    public var status: HTTPStatus {
        switch self {
        case .unsupportedVersion: HTTPStatus(505)
        case .unknownMethod, .unsupportedTransferCoding: .notImplemented
        case .targetTooLong: HTTPStatus(414)
        case .headerTooLarge, .tooManyFields: HTTPStatus(431)
        case .unknownExpectation: HTTPStatus(417)
        case .contentTooLarge: .contentTooLarge
        case .headerTimeout, .requestTimeout: HTTPStatus(408)
        case .tooManyConnections: .serviceUnavailable
        default: .badRequest
        }
    }

    /// What the client is told, in plain text.
    var explanation: String {
        switch self {
        case .malformedRequestLine: "the request line is not 'method target version'"
        case .unsupportedVersion: "the version is neither HTTP/1.1 nor HTTP/1.0"
        case .unknownMethod: "the method is not known"
        case .targetTooLong: "the request target is too long"
        case .malformedTarget: "the request target is malformed"
        case .headerTooLarge: "the header is too large"
        case .tooManyFields: "there are too many header fields"
        case .malformedField: "a header field is malformed"
        case .malformedLineEnd: "a line does not end in CR and LF"
        case .missingHost: "the Host field is missing"
        case .repeatedHost: "there is more than one Host field"
        case .malformedHost: "the Host field is malformed"
        case .repeatedContentLength: "there is more than one Content-Length field"
        case .malformedContentLength: "the Content-Length field is malformed"
        case .contentLengthWithTransferEncoding: "there are both Content-Length and Transfer-Encoding"
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding"
        case .malformedTransferEncoding: "the Transfer-Encoding field is malformed"
        case .unsupportedTransferCoding: "the only transfer coding is chunked"
        case .unexpectedContent: "this method takes no content"
        case .unknownExpectation: "the only expectation is 100-continue"
        case .contentTooLarge: "the content is too large"
        case .malformedChunk: "the chunked content is malformed"
        case .headerTimeout: "the header took too long"
        case .requestTimeout: "the request took too long"
        case .tooManyConnections: "there are too many connections"
        case .plainHTTPOnTLS: "this port speaks TLS"
        }
    }
}
