import Synchronization

/// Random numbers that nobody needs to fear: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
/// Generators", 2014). The system's generator is a system call for each number.
///
/// May be used from any thread; costs an atomic addition.
struct Chance: RandomNumberGenerator {
    private static let state = {
        var seed = SystemRandomNumberGenerator()
        return Atomic(seed.next())
    }()

    func next() -> UInt64 {
        var z = Self.state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
