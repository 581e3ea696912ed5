/// Objects that have served their purpose, to be used again: the last one first.
struct Spares<Object: AnyObject>: ~Copyable {
    // Sound: retained from `put` until `take`. To look at an array of references would count them.
    private var objects: [Unmanaged<Object>] = []

    var count: Int { objects.count }

    mutating func put(_ object: Object) { objects.append(.passRetained(object)) }

    /// When many have come back at once, those that are taken last have left the caches meanwhile: each time, the next is
    /// fetched for the next time.
    mutating func take() -> Object? {
        guard let object = objects.popLast() else { return nil }
        if let next = objects.last { Prefetch.object(at: next.toOpaque()) }
        return object.takeRetainedValue()
    }

    deinit {
        for object in objects { object.release() }
    }
}
