/// What can be broken. The names stand in plans, histories and summaries.
enum FaultKind: String, CaseIterable, Codable, Sendable, Hashable, Comparable {
    /// A worker is killed with SIGKILL and started again.
    case kill
    /// A worker is stopped for longer than its session, then goes on.
    case stop
    /// The same, between the guard of a batch and the end of its pipeline.
    case stopInBatch = "stop-in-batch"
    /// A worker is stopped, and the batch it had sent arrives when others have claimed its partitions and before they
    /// have written to them: the epoch alone tells it from theirs.
    case staleOwner = "stale-owner"
    /// The backend that writes a batch is terminated.
    case terminateBackend = "terminate-backend"
    /// PostgreSQL ends as in a crash, and comes back.
    case postgresCrash = "postgres-crash"
    /// All that goes between a worker and PostgreSQL comes late.
    case databaseDelay = "db-delay"
    /// A worker's connections to PostgreSQL are reset.
    case databaseReset = "db-reset"
    /// A batch's connection ends after some bytes.
    case databaseCut = "db-cut"
    /// A commit happens, and its answer never arrives.
    case commitAnswerLost = "commit-answer-lost"
    /// The way between a worker and the broker is slow, dead or reset.
    case brokerLink = "broker-link"
    /// The broker answers requests with errors.
    case brokerErrors = "broker-errors"
    /// The broker is gone for some seconds.
    case brokerDown = "broker-down"
    /// The broker answers late.
    case brokerSlow = "broker-slow"
    /// Workers join and leave again.
    case storm
    /// Records that nobody can read, in a burst.
    case poison
    /// A batch that takes longer than `max.poll.interval.ms`.
    case slowBatch = "slow-batch"
    /// PostgreSQL can't be connected to, or has no connection left.
    case databaseRefuse = "db-refuse"
    /// PostgreSQL takes no writes.
    case databaseReadOnly = "db-read-only"

    /// The kinds of a run that names none: those that break something by themselves. ``staleOwner`` aims at one instant
    /// and waits for it, which takes its turn from others, and its rebalances make librdkafka's mock cluster abort more.
    static let mixed = allCases.filter { $0 != .staleOwner }

    /// Of 500 faults, how many are of this kind: at least 20 of each with some to spare, for a fault that finds
    /// nothing to break is not counted; most of what is light, so that the farm still gets something done.
    var shareOf500: Int {
        switch self {
        case .kill, .stop, .stopInBatch, .staleOwner, .databaseDelay: 24
        case .postgresCrash, .brokerDown, .brokerSlow, .storm, .slowBatch, .databaseRefuse, .databaseReadOnly: 22
        case .poison: 26
        case .terminateBackend: 34
        case .databaseReset, .brokerLink, .brokerErrors: 36
        case .databaseCut: 38
        case .commitAnswerLost: 44
        }
    }

    /// Whether it stops the whole farm for seconds, or makes the group share out its partitions again. Such faults
    /// are put close together, and then the farm is left alone with the others for a while.
    var isHeavy: Bool {
        switch self {
        case .kill, .stop, .stopInBatch, .staleOwner, .postgresCrash, .brokerDown, .storm, .slowBatch,
            .databaseRefuse, .databaseReadOnly:
            true
        case .terminateBackend, .databaseDelay, .databaseReset, .databaseCut, .commitAnswerLost, .brokerLink,
            .brokerErrors, .brokerSlow, .poison:
            false
        }
    }

    static func < (left: FaultKind, right: FaultKind) -> Bool { left.rawValue < right.rawValue }
}
