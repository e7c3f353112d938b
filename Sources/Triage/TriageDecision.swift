/// Who is to act on a mention. Raw values are stored and published.
public enum TriageTeam: String, Sendable, CaseIterable {
    /// Helps customers.
    case support
    /// Sells.
    case sales
    /// Makes the product.
    case product
    /// Speaks for it.
    case marketing
}

/// What a mention asks for. Raw values are stored and published.
public enum TriageAction: String, Sendable, CaseIterable {
    /// Somebody should answer.
    case respond
    /// Somebody should know; no answer is asked for.
    case watch
    /// Nothing.
    case leave
}

/// What a rule decides.
public struct TriageOutcome: Sendable, Hashable {
    /// The rule's name, stored and published as the reason.
    public var reason: String
    /// What is asked for.
    public var action: TriageAction
    /// Who is to act; nil where nothing is asked for.
    public var team: TriageTeam?
    /// 1 (most urgent) to 5; 0 where nothing is asked for.
    public var priority: Int16
    /// Seconds from `published_at` until it should be done; 0 where nothing is asked for.
    public var dueSeconds: Int64

    /// Makes an outcome.
    public init(
        reason: String,
        action: TriageAction,
        team: TriageTeam? = nil,
        priority: Int16 = 0,
        dueSeconds: Int64 = 0
    ) {
        self.reason = reason
        self.action = action
        self.team = team
        self.priority = priority
        self.dueSeconds = dueSeconds
    }

    /// What holds where no rule matches.
    public static let unmatched = TriageOutcome(reason: "no-rule", action: .leave)
}
