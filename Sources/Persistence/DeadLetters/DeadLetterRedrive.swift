public import MentionModel
public import Pipeline
public import PostgresClient

/// Gives dead letters their effect after all: in place, from the stored payload, never by publishing again.
///
/// What can be read by now is written as a worker's batch writes it, a few hundred records a transaction, together
/// with the letters' new state, the audit and the counters of progress; what can't stays open with its reason. Workers
/// go on meanwhile, and two operators at once don't count twice. When the connection is lost nothing is half done:
/// what was committed is closed, and a second run goes on with the rest.
public struct DeadLetterRedrive: Sendable {
    /// A letter with what is to be decoded.
    public struct Letter: Sendable {
        /// The letter.
        public var row: DeadLetterRow
        /// The stored payload, or the one that an operator gives in its place; nil for a tombstone.
        public var payload: [UInt8]?
        /// Whether the payload is an operator's.
        public var isEdited: Bool
    }

    /// What became of a letter before the database is asked.
    public enum Preparation: Sendable {
        /// The record can be read: a chunk of one record and one mention.
        case mention(PreparedChunk)
        /// The record can't be read, still or for another reason than before.
        case rejected(Rejection)
        /// The record can't be had; why, in a sentence.
        case unavailable(String)
    }

    /// What became of a letter.
    public enum Became: Sendable, Equatable {
        /// It has its effect.
        case redriven(RedriveOutcome)
        /// It is still open: the record can't be read, or the database refused it.
        case rejected(Rejection)
        /// It is still open: the record can't be had.
        case unavailable(String)
        /// Somebody had redriven or discarded it before; the status says which.
        case resolved(status: String)
    }

    /// A letter and what became of it.
    public struct Result: Sendable, Equatable {
        /// The letter as it was before.
        public var row: DeadLetterRow
        /// What became of it.
        public var became: Became
    }

    /// How many of a run came to what.
    public struct Totals: Sendable, Equatable {
        /// All letters that were looked at.
        public var chosen: Int64 = 0
        /// Mentions that were not there before.
        public var new: Int64 = 0
        /// Bodies that had been seen before.
        public var redelivered: Int64 = 0
        /// New bodies of mentions that were there.
        public var revisions: Int64 = 0
        /// Letters that stay open.
        public var stillOpen: Int64 = 0
        /// Letters that somebody had resolved before.
        public var resolvedBefore: Int64 = 0

        /// All zero.
        public init() {}

        mutating func add(_ became: Became) {
            chosen += 1
            switch became {
            case .redriven(.new): new += 1
            case .redriven(.redelivered): redelivered += 1
            case .redriven(.revision): revisions += 1
            case .rejected, .unavailable: stillOpen += 1
            case .resolved: resolvedBefore += 1
            }
        }
    }

    /// Makes what can be made of letters; called for each group of them, outside of any transaction. Answers in order.
    public typealias Prepare = ([Letter]) async throws -> [Preparation]

    /// Most letters of one transaction: it holds the progress rows for some ten milliseconds.
    static let groupLetters = 200
    /// Most payload bytes of one group.
    static let groupBytes: Int64 = 8 << 20

    /// Who does it, for the audit.
    public let by: String
    /// The classifier's version, stored with each mention.
    public let modelVersion: String
    /// Stands in place of the stored payload; for one letter alone.
    public let edit: [UInt8]?
    /// Whether to say what would come of it, and write nothing.
    public let isRehearsal: Bool
    /// The clock, for `ingested_at`.
    let now: @Sendable () -> Timestamp

    /// Makes a redrive.
    public init(
        by: String,
        modelVersion: String,
        edit: [UInt8]? = nil,
        isRehearsal: Bool = false,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.by = by
        self.modelVersion = modelVersion
        self.edit = edit
        self.isRehearsal = isRehearsal
        self.now = now
    }

    /// Redrives the chosen letters, the oldest first; those that come in meanwhile are not among them. Letters that
    /// are named by id are reported also when they are not open any more.
    ///
    /// - Parameters:
    ///   - limit: at most so many.
    ///   - connection: nothing else may use it meanwhile; it keeps the settings of ``ConnectionSetup/redrive``.
    ///   - report: told of each group once it is durable; says whether to go on with the next.
    /// - Throws: `PostgresError`, and what `prepare` and `report` throw. What was reported is done.
    public func run(
        _ selection: DeadLetterSelection,
        limit: Int64 = .max,
        on connection: PostgresConnection,
        prepare: Prepare,
        report: ([Result]) throws -> Bool
    ) async throws -> Totals {
        try await connection.execute("set up", script: ConnectionSetup.redrive)
        var chosen = selection
        if chosen.ids.isEmpty { chosen.status = "open" }
        let last = try await DeadLetterReading.last(on: connection)
        var run = Run(redrive: self, connection: connection)
        var totals = Totals()
        var beyond: Int64 = 0
        while totals.chosen < limit {
            let page = try await DeadLetterReading.page(
                of: chosen,
                beyond: beyond,
                through: last,
                limit: min(1_000, limit - totals.chosen),
                on: connection
            )
            guard let end = page.last else { break }
            beyond = end.id
            for group in Self.groups(page, edited: edit.map { Int64($0.count) }) {
                let results = try await run.settle(group, prepare)
                for result in results { totals.add(result.became) }
                guard try report(results) else { return totals }
            }
        }
        return totals
    }

    /// Letters of one consumer group and topic each, few enough for a transaction.
    static func groups(_ rows: [DeadLetterRow], edited: Int64? = nil) -> [[DeadLetterRow]] {
        struct Key: Hashable {
            var group: String
            var topic: String
        }
        var finished: [[DeadLetterRow]] = []
        var growing: [Key: (rows: [DeadLetterRow], bytes: Int64)] = [:]
        var order: [Key] = []
        for row in rows {
            let key = Key(group: row.group, topic: row.topic)
            if growing[key] == nil { order.append(key) }
            var group = growing[key] ?? ([], 0)
            let bytes = edited ?? row.payloadBytes
            if group.rows.count >= groupLetters || !group.rows.isEmpty && group.bytes + bytes > groupBytes {
                finished.append(group.rows)
                group = ([], 0)
            }
            group.rows.append(row)
            group.bytes += bytes
            growing[key] = group
        }
        return finished + order.compactMap { growing[$0]?.rows }
    }
}
