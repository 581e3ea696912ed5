internal import Synchronization

/// A metric with labels: one instrument, called a child, for each set of label values.
///
/// May be used from any thread. A look-up takes a lock and hashes the labels; keep the child where an update must be
/// cheap.
public final class Family<Labels: MetricLabels, Child: Instrument>: Sendable {
    public let name: String
    public let help: String
    private let options: Child.Options
    private let state = Mutex(State())

    private struct State {
        var children: [Labels: Child] = [:]
        /// Label sets that differ in Swift can be the same labels: `nil` and the empty string are.
        var byText: [[UInt8]: Child] = [:]
        var listed: [(labels: LabelSet, child: Child)] = []
        /// Whether `listed` is in the order of exposition.
        var isSorted = true

        mutating func add(_ labels: LabelSet, _ child: Child) -> Child {
            byText[labels.text] = child
            listed.append((labels, child))
            isSorted = false
            return child
        }
    }

    init(name: String, help: String, options: Child.Options) {
        self.name = name
        self.help = help
        self.options = options
    }

    /// The child with these labels, made when it is asked for first.
    public subscript(_ labels: Labels) -> Child {
        state.withLock { state in
            if let child = state.children[labels] { return child }
            // Registration has encoded a label set of this type, so that this can't fail.
            let labelSet = LabelSet((try? LabelCoding.values(of: labels)) ?? [])
            let child = state.byText[labelSet.text] ?? state.add(labelSet, Child(options: options))
            state.children[labels] = child
            return child
        }
    }

    /// Reads all children.
    func collect() -> MetricFamily {
        let children = state.withLock { state in
            if !state.isSorted { state.listed.sort { LabelSet.precedes($0.labels, $1.labels) } }
            state.isSorted = true
            return state.listed
        }
        return MetricFamily(
            name: name, help: help, type: Child.type,
            series: children.map { Series(labels: $0.labels, value: $0.child.read()) })
    }
}

/// Counters with labels.
public typealias CounterFamily<Labels: MetricLabels> = Family<Labels, Counter>
/// Gauges with labels.
public typealias GaugeFamily<Labels: MetricLabels> = Family<Labels, Gauge>
/// Histograms with labels, which share their buckets.
public typealias HistogramFamily<Labels: MetricLabels> = Family<Labels, Histogram>
