internal import FoundationEssentials
internal import Synchronization

/// The newest notifications, and which alerts fire by what they say; in memory, and bounded. Safe from any thread.
final class AlertHistory: Sendable {
    /// An alert that fires, as it was last told of.
    struct Firing: Sendable {
        let alert: Alert
        let received: Date
    }

    /// What the history held at one moment.
    struct Contents: Sendable {
        /// The newest first.
        let notifications: [AlertNotification]
        /// In no order.
        let firing: [Firing]
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    private let state = Mutex(State())

    private struct State {
        /// The oldest first.
        var notifications: [AlertNotification] = []
        var bytes = 0
        /// By fingerprint: not derived from `notifications`, where what fires for long has made room for what is new.
        var firing: [String: Firing] = [:]
        var firingBytes = 0
    }

    /// - Parameters:
    ///   - maximumCount: how many notifications are kept; at least 1.
    ///   - maximumBytes: how much memory they may take, and once more what fires. The newest notification is kept in any
    ///     case.
    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    func add(_ notification: AlertNotification) {
        state.withLock { state in
            state.notifications.append(notification)
            state.bytes += notification.size
            var surplus = 0
            while state.notifications.count - surplus > max(1, maximumCount)
                || state.bytes > maximumBytes && state.notifications.count - surplus > 1
            {
                state.bytes -= state.notifications[surplus].size
                surplus += 1
            }
            state.notifications.removeFirst(surplus)
            for alert in notification.alerts {
                let replacement = alert.status == .firing ? Firing(alert: alert, received: notification.received) : nil
                let replaced = state.firing.removeValue(forKey: alert.fingerprint)
                state.firing[alert.fingerprint] = replacement
                state.firingBytes += (replacement?.alert.size ?? 0) - (replaced?.alert.size ?? 0)
            }
            forgetSurplusFiring(&state)
        }
    }

    /// Forgets those that weren't told of for the longest time.
    private func forgetSurplusFiring(_ state: inout State) {
        guard state.firingBytes > maximumBytes else { return }
        for (fingerprint, firing) in state.firing.sorted(by: { $0.value.received < $1.value.received }) {
            state.firing[fingerprint] = nil
            state.firingBytes -= firing.alert.size
            if state.firingBytes <= maximumBytes { return }
        }
    }

    var contents: Contents {
        state.withLock {
            Contents(notifications: $0.notifications.reversed(), firing: Array($0.firing.values))
        }
    }
}
