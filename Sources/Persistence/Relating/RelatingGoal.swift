import Copies
import MentionModel
import PostgresClient

/// What `relate_begin` says of the step that begins.
struct RelatingGoal: Sendable, Equatable {
    enum State: String {
        case lost
        case idle
        case waiting
        case count
        case settle
    }

    var state: State
    /// All mentions up to this number are counted.
    var related: Int64
    /// The last number to count.
    var goal: Int64
    /// Whether no number was taken since the goal was set.
    var isQuiet: Bool
    /// What counts as a copy.
    var scheme: CopyScheme
    /// The number of the last step that anybody did.
    var step: Int64
    /// When mentions were published whose near copies may have been missed.
    var debt: ClosedRange<Timestamp>?

    static let begin = """
        SELECT state, related, goal, is_quiet, threshold, window_seconds, debt_from, debt_to, step_no
        FROM relate_begin($1, $2)
        """

    /// Reads the answer; nil where it is none.
    init?(_ answer: PostgresResult) {
        guard let name = answer.string(0, 0), let state = State(rawValue: name) else { return nil }
        self.state = state
        related = answer.int8(0, 1) ?? 0
        goal = answer.int8(0, 2) ?? 0
        step = answer.int8(0, 8) ?? 0
        isQuiet = answer.bool(0, 3) ?? false
        scheme = CopySetting(answer, threshold: 4, window: 5).scheme
        if let from = answer.timestamptz(0, 6), let to = answer.timestamptz(0, 7), from <= to {
            debt = Timestamp(microseconds: from)...Timestamp(microseconds: to)
        }
    }
}
