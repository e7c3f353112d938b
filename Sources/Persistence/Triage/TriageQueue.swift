public import PostgresClient

/// A row of the view `triage`.
public struct TriageItem: Sendable, Equatable {
    /// Source of the mention.
    public var source: String
    /// The source's own id.
    public var id: String
    /// The brand it is about.
    public var brand: String
    /// Who is to act.
    public var team: String
    /// respond or watch.
    public var action: String
    /// 1 (most urgent) to 5.
    public var priority: Int32
    /// The rule that decided.
    public var reason: String
    /// open, claimed, done or dismissed.
    public var status: String
    /// Microseconds since the Unix epoch.
    public var dueAt: Int64
    /// Who has it, or who closed it.
    public var holder: String?
    /// When the claim runs out.
    public var claimUntil: Int64?
    /// Copies of it, itself included.
    public var copies: Int32
    /// The mention's text; nil when its row was dropped by retention.
    public var text: String?
}

/// Which items.
public struct TriageSelection: Sendable {
    /// Of this team.
    public var team: String?
    /// About this brand.
    public var brand: String?
    /// respond or watch.
    public var action: String?
    /// Of this status; nil: all.
    public var status: String?
    /// Also copies for which another item stands.
    public var withCopies = false

    /// All.
    public init() {}
}

/// A change that a person makes.
public enum TriageChange: String, Sendable {
    /// Takes it up, or keeps it for longer.
    case claim
    /// It is done.
    case done
    /// Nothing needs to be done.
    case dismiss
    /// Gives it back, or opens it again.
    case release
}

/// What became of a ``TriageChange``.
public enum TriageChangeOutcome: Sendable, Equatable {
    /// It was made; the status now.
    case made(status: String)
    /// There is no such item.
    case unknown
    /// Another has it, until then (microseconds since the Unix epoch).
    case held(by: String, until: Int64?)
    /// It was closed before.
    case closed(status: String, by: String)
    /// Nobody has it: there is nothing to give back.
    case notClaimed
}

/// The queue of what is to be done. Safe for any number of people at once.
public enum TriageQueue {
    private static let timeout = Duration.seconds(60)

    /// Items in the order in which they should be done.
    public static func list(
        _ selection: TriageSelection,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [TriageItem] {
        var conditions = ["true"]
        var parameters: [PostgresParameter] = [.int4(limit)]
        func equals(_ column: String, _ value: String?) {
            guard let value else { return }
            parameters.append(.text(value))
            conditions.append("t.\(column) = $\(parameters.count)")
        }
        equals("team", selection.team)
        if let brand = selection.brand {
            // By its number, so that the index of the brand is read in order.
            if let number = try await number(of: brand, on: connection) {
                parameters.append(.int4(number))
                conditions.append("t.brand_no = $\(parameters.count)")
            } else {
                equals("brand", brand)
            }
        }
        // Constants, so that the indexes of what is open can be used.
        if let action = selection.action, ["respond", "watch"].contains(action) {
            conditions.append("t.action = '\(action)'")
        }
        if let status = selection.status, ["open", "claimed", "done", "dismissed"].contains(status) {
            conditions.append("t.status = '\(status)'")
        }
        if !selection.withCopies { conditions.append("NOT t.is_copy") }
        return try await read(
            """
            SELECT \(columns) FROM (
                SELECT * FROM mention_farm.triage AS t WHERE \(conditions.joined(separator: " AND "))
                ORDER BY t.priority, t.due_at, t.mention_no LIMIT $1) AS t
            LEFT JOIN LATERAL (SELECT text FROM mention_farm.mention AS m WHERE m.mention_no = t.mention_no OFFSET 0)
                AS m ON true
            ORDER BY t.priority, t.due_at, t.mention_no
            """,
            parameters,
            connection
        )
    }

    /// Takes the most urgent open items, for so long; others take other ones.
    public static func take(
        _ selection: TriageSelection,
        limit: Int32,
        by who: String,
        for claim: Duration,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [TriageItem] {
        let taken = try await connection.query(
            PostgresStatement(
                "take triage items",
                "SELECT mention_no, brand_no FROM triage_take($1, $2, $3, $4, $5, $6)",
                [
                    .text(selection.team), .text(selection.brand), .text(selection.action), .text(who), .int4(limit),
                    .double(Double(claim.components.seconds)),
                ]
            ),
            timeout: timeout
        )
        guard taken.rowCount > 0 else { return [] }
        // By another statement: what a function changes is not seen by the statement that calls it.
        return try await read(
            """
            SELECT \(columns)
            FROM unnest($1::bigint[], $2::integer[]) AS k (mention_no, brand_no)
            JOIN brand b ON b.brand_no = k.brand_no
            CROSS JOIN LATERAL (SELECT * FROM mention_farm.triage t
                                WHERE t.mention_no = k.mention_no AND t.brand = b.name OFFSET 0) AS t
            LEFT JOIN LATERAL (SELECT text FROM mention m WHERE m.mention_no = k.mention_no OFFSET 0) AS m ON true
            ORDER BY t.priority, t.due_at, t.mention_no
            """,
            [
                .int8Array((0..<taken.rowCount).map { taken.int8($0, 0) }),
                .int4Array((0..<taken.rowCount).map { taken.int4($0, 1) }),
            ],
            connection
        )
    }

    /// Makes a change in a person's name.
    public static func change(
        _ change: TriageChange,
        source: String,
        id: String,
        brand: String,
        by who: String,
        note: String? = nil,
        for claim: Duration,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> TriageChangeOutcome {
        let rows = try await connection.query(
            PostgresStatement(
                "change triage item",
                "SELECT outcome, standing, holder, until_at FROM triage_change($1, $2, $3, $4, $5, $6, $7)",
                [
                    .text(source), .text(id), .text(brand), .text(change.rawValue), .text(who), .text(note),
                    .double(Double(claim.components.seconds)),
                ]
            ),
            timeout: timeout
        )
        let status = rows.string(0, 1) ?? ""
        let holder = rows.string(0, 2) ?? "somebody"
        switch rows.string(0, 0) {
        case "done": return .made(status: status)
        case "held": return .held(by: holder, until: rows.timestamptz(0, 3))
        case "closed": return .closed(status: status, by: holder)
        case "open": return .notClaimed
        default: return .unknown
        }
    }

    /// The number of a brand; nil where there is no such, or the login may read views alone.
    private static func number(
        of brand: String,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Int32? {
        let allowed = try await connection.query(
            PostgresStatement(
                "look for rights",
                "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'mention_store'"
            ),
            timeout: timeout
        )
        guard allowed.bool(0, 0) == true else { return nil }
        let rows = try await connection.query(
            PostgresStatement(
                "read brand number",
                "SELECT brand_no FROM mention_store.brand WHERE name = $1",
                [.text(brand)]
            ),
            timeout: timeout
        )
        return rows.int4(0, 0)
    }

    private static let columns = """
        t.source, t.native_id, t.brand, t.team, t.action, t.priority, t.reason, t.status, t.due_at,
        coalesce(t.claimed_by, t.closed_by), t.claim_until, t.cluster_size, m.text
        """

    private static func read(
        _ sql: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [TriageItem] {
        let rows = try await connection.query(
            PostgresStatement("read triage items", sql, parameters),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            TriageItem(
                source: rows.string(row, 0) ?? "",
                id: rows.string(row, 1) ?? "",
                brand: rows.string(row, 2) ?? "",
                team: rows.string(row, 3) ?? "",
                action: rows.string(row, 4) ?? "",
                priority: rows.int4(row, 5) ?? 0,
                reason: rows.string(row, 6) ?? "",
                status: rows.string(row, 7) ?? "",
                dueAt: rows.timestamptz(row, 8) ?? 0,
                holder: rows.string(row, 9),
                claimUntil: rows.timestamptz(row, 10),
                copies: rows.int4(row, 11) ?? 1,
                text: rows.string(row, 12)
            )
        }
    }
}
