/// The children of a family in the order of exposition.
struct Listing<Child: Instrument>: Sendable {
    let roster: Roster
    let children: [Child]

    /// - Parameters:
    ///   - previous: what is in order already.
    ///   - added: in any order. Costs O(added log all), and copying all.
    init(_ shape: Roster.Shape, _ previous: Listing?, adding added: [(labels: LabelSet, child: Child)]) {
        let oldLabels = previous?.roster.labels ?? []
        let oldChildren = previous?.children ?? []
        var labels: [LabelSet] = []
        var children: [Child] = []
        labels.reserveCapacity(oldLabels.count + added.count)
        children.reserveCapacity(oldLabels.count + added.count)
        var next = 0
        for place in LabelSet.order(of: added.map { $0.labels }) {
            let new = added[place]
            let index = oldLabels[next...].partitioningIndex { LabelSet.precedes(new.labels, $0) }
            labels += oldLabels[next..<index]
            children += oldChildren[next..<index]
            next = index
            labels.append(new.labels)
            children.append(new.child)
        }
        labels += oldLabels[next...]
        children += oldChildren[next...]
        let created = children.map { $0.created }
        roster = Roster(shape: shape, labels: labels, created: created.contains { $0 != 0 } ? created : [])
        self.children = children
    }
}
