/// What an input begins with: bytes that choose limits, methods and the like. Those that are missing are 0.
public struct Settings {
    private var rest: Slice<Input>

    public init(_ input: Input) { rest = input[...] }

    public mutating func next() -> Int { Int(rest.popFirst() ?? 0) }

    public mutating func next<Choice>(of choices: [Choice]) -> Choice { choices[next() % choices.count] }

    /// What follows, in memory that ends with it, so that AddressSanitizer sees who reads on.
    public var bytes: Input { Input(rebasing: rest) }
}
