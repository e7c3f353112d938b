public import Logging
internal import Synchronization

/// Says a condition that lasts once and not in a flood: when it begins, when it changes, every so often while it
/// lasts, and when it is over.
///
/// A state machine without a clock. One value watches one subject ("Kafka", "partition 7"): nothing grows.
public struct RepeatedCondition: Sendable {
    /// What should be said.
    public enum Announcement: Sendable, Equatable {
        /// It began.
        case began(String)
        /// It goes on, as something else.
        case changed(String)
        /// It goes on: how often it was seen in all, and for how long.
        case lasts(String, times: Int, for: Duration)
        /// It is over.
        case ended(times: Int, after: Duration)
    }

    private struct Ongoing: Sendable {
        var kind: String
        var since: ContinuousClock.Instant
        var lastSaid: ContinuousClock.Instant
        var times: Int
    }

    /// How long after an announcement the same is said again.
    public let interval: Duration
    private var ongoing: Ongoing?

    /// Makes one that is silent until something is seen.
    public init(sayAgainAfter interval: Duration = .seconds(300)) {
        self.interval = interval
    }

    /// Whether the condition lasts.
    public var isOngoing: Bool { ongoing != nil }

    /// The condition was seen. `kind` tells conditions apart, so it holds no counters; nil: `text` does.
    public mutating func seen(
        _ text: String,
        kind: String? = nil,
        at now: ContinuousClock.Instant
    ) -> Announcement? {
        let kind = kind ?? text
        guard var current = ongoing else {
            ongoing = Ongoing(kind: kind, since: now, lastSaid: now, times: 1)
            return .began(text)
        }
        current.times &+= 1
        defer { ongoing = current }
        if current.kind != kind {
            current.kind = kind
            current.lastSaid = now
            return .changed(text)
        }
        guard now - current.lastSaid >= interval else { return nil }
        current.lastSaid = now
        return .lasts(text, times: current.times, for: now - current.since)
    }

    /// The condition was not there. Says so if it was before.
    public mutating func healed(at now: ContinuousClock.Instant) -> Announcement? {
        guard let current = ongoing else { return nil }
        ongoing = nil
        return .ended(times: current.times, after: now - current.since)
    }
}

/// A ``RepeatedCondition`` that many tasks share and that speaks through a logger.
public final class ConditionLog: Sendable {
    private let condition: Mutex<RepeatedCondition>
    private let subject: String
    private let logger: Logger

    /// Watches `subject` ("Kafka"), the first word of what is logged.
    public init(_ subject: String, logger: Logger, sayAgainAfter interval: Duration = .seconds(300)) {
        self.subject = subject
        self.logger = logger
        condition = Mutex(RepeatedCondition(sayAgainAfter: interval))
    }

    /// Whether the condition lasts.
    public var isOngoing: Bool { condition.withLock { $0.isOngoing } }

    /// The condition was seen: logged as a warning, once for each `kind` (nil: `text`) that follows another.
    public func seen(_ text: String, kind: String? = nil, at now: ContinuousClock.Instant = .now) {
        say(condition.withLock { $0.seen(text, kind: kind, at: now) })
    }

    /// The condition was not there: logged if it was before.
    public func healed(at now: ContinuousClock.Instant = .now) {
        say(condition.withLock { $0.healed(at: now) })
    }

    private func say(_ announcement: RepeatedCondition.Announcement?) {
        switch announcement {
        case nil: break
        case .began(let text), .changed(let text):
            logger.warning("\(subject): \(text)")
        case .lasts(let text, let times, let duration):
            logger.warning("\(subject): still \(text)", metadata: ["times": "\(times)", "for": "\(duration.seconds)s"])
        case .ended(let times, let duration):
            logger.notice("\(subject): well again", metadata: ["times": "\(times)", "after": "\(duration.seconds)s"])
        }
    }
}

extension Duration {
    /// Whole seconds.
    var seconds: Int64 { components.seconds }
}
