/// Objects that have served their purpose, to be used again.
struct Spares<Object: AnyObject> {
    private var objects: [Object] = []

    /// As many as a loop begins and ends in one turn.
    private static var most: Int { 4096 }

    /// - Returns: one that nobody else has kept.
    mutating func take() -> Object? {
        guard var object = objects.popLast(), isKnownUniquelyReferenced(&object) else { return nil }
        return object
    }

    mutating func put(_ object: Object) {
        if objects.count < Self.most { objects.append(object) }
    }
}
