import PostgresClient

/// Which dead letters: those that meet all that is set. Nothing set chooses all.
public struct DeadLetterSelection: Sendable, Equatable {
    /// Their ids; empty for any.
    public var ids: [Int64] = []
    /// The contract's reason code.
    public var reason: String?
    /// open, redriven or discarded.
    public var status: String?
    /// The topic's name.
    public var topic: String?
    /// The partition's number.
    public var partition: Int32?
    /// First seen at this time or later, microseconds since the Unix epoch.
    public var since: Int64?
    /// First seen before this time, microseconds since the Unix epoch.
    public var until: Int64?

    /// Chooses all.
    public init() {}

    /// Chooses by id.
    public init(ids: [Int64]) {
        self.ids = ids
    }

    /// The conditions of a query over `mention_farm.dead_letter d`.
    var conditions: Conditions {
        var conditions = Conditions()
        if !ids.isEmpty { conditions.add(.int8Array(ids)) { "d.id = ANY (\($0))" } }
        if let reason { conditions.add(.text(reason)) { "d.reason = \($0)" } }
        if let status { conditions.add(.text(status)) { "d.status = \($0)" } }
        if let topic { conditions.add(.text(topic)) { "d.kafka_topic = \($0)" } }
        if let partition { conditions.add(.int4(partition)) { "d.kafka_partition = \($0)" } }
        if let since { conditions.add(.timestamptz(since)) { "d.first_seen_at >= \($0)" } }
        if let until { conditions.add(.timestamptz(until)) { "d.first_seen_at < \($0)" } }
        return conditions
    }

    /// A WHERE clause that holds only what is asked, so that the planner need not guess at what is not.
    struct Conditions {
        private var clauses: [String] = []
        private(set) var parameters: [PostgresParameter] = []

        /// Adds a clause about the parameter's placeholder.
        mutating func add(_ parameter: PostgresParameter, _ clause: (String) -> String) {
            parameters.append(parameter)
            clauses.append(clause("$\(parameters.count)"))
        }

        /// The clause, or nothing.
        var sql: String { clauses.isEmpty ? "" : "WHERE " + clauses.joined(separator: " AND ") }
    }
}
