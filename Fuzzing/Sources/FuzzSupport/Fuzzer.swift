internal import CFuzzer
internal import Glibc

/// Bytes that libFuzzer has made up.
public typealias Input = UnsafeBufferPointer<UInt8>

// Sound: set once, before libFuzzer runs, and only read from then on.
nonisolated(unsafe) private var target: (Input) -> Void = { _ in }

/// Lets libFuzzer call `body` with one input after the other; its options come from the command line.
///
/// SwiftPM links a program with the `main` that its `@main` makes, which takes the place of libFuzzer's.
public func fuzz(_ body: @escaping (Input) -> Void) -> Never {
    target = body
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
}

/// Under the name that libFuzzer's own `main`, though never run, has to find.
@_cdecl("LLVMFuzzerTestOneInput") func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    target(Input(start: data, count: size))
    return 0
}

/// Reports a property that doesn't hold: libFuzzer keeps the input.
public func finding(_ text: String) -> Never {
    let line = "\nFINDING: \(text)\n\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
    abort()
}

/// Reports a finding unless `condition` holds.
public func check(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition { finding(text()) }
}

/// Reports a finding unless both are equal.
public func checkEqual<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: @autoclosure () -> String) {
    check(actual == expected, "\(what())\n  is       \(actual)\n  expected \(expected)")
}

/// Bytes as text that shows what isn't ASCII or can't be seen.
public func visible(_ bytes: some Collection<UInt8>) -> String {
    let most = 2000
    let text = bytes.prefix(most).map { byte -> String in
        switch byte {
        case 0x0D: "\\r"
        case 0x0A: "\\n"
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }.joined()
    return bytes.count > most ? "\(text)… (\(bytes.count) bytes)" : text
}
