internal import MentionModel
public import PostgresClient
public import Triage

/// A version of the rules as it is stored.
public struct TriageRulesRow: Sendable, Equatable {
    /// 1, 2, 3, …
    public var version: Int32
    /// The rules file.
    public var document: String
    /// SHA-256 of it, in hex.
    public var checksum: String
    /// When it was applied, microseconds since the Unix epoch.
    public var createdAt: Int64
    /// Who applied it.
    public var createdBy: String
    /// What was said of it.
    public var note: String?
}

/// The versions of the triage rules. A version is never changed; the newest is in force.
public enum TriageCatalogue {
    static let timeout = Duration.seconds(60)

    /// The version in force.
    public static func version(_ connection: PostgresConnection) async throws(PostgresError) -> Int32 {
        let row = try await connection.query(
            PostgresStatement("read triage version", "SELECT max(version) FROM triage_rules"),
            timeout: timeout
        )
        return row.int4(0, 0) ?? 0
    }

    /// All versions, the newest first.
    public static func all(_ connection: PostgresConnection) async throws(PostgresError) -> [TriageRulesRow] {
        try await read("ORDER BY version DESC", [], connection)
    }

    /// One version; nil when there is no such.
    public static func load(
        _ version: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> TriageRulesRow? {
        try await read("WHERE version = $1", [.int4(version)], connection).first
    }

    /// Puts a rules file in force as a new version; one that is in force already stays. The names of sources and brands
    /// in it get their numbers, so that rules can know them before the first mention does.
    /// - Parameters:
    ///   - document: the file, which was read without a problem.
    ///   - rules: what it says.
    /// - Returns: the version, and whether it is new.
    public static func apply(
        _ document: String,
        _ rules: TriageRules,
        by who: String,
        note: String?,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> (version: Int32, isNew: Bool) {
        let names = rules.names
        let checksum = SHA256.hexDigest(of: Array(document.utf8).span)
        let statements =
            [PostgresStatement("begin", "BEGIN")]
            + DictionarySQL.resolve("source", names.sources) + DictionarySQL.resolve("brand", names.brands) + [
                PostgresStatement("lock triage rules", "LOCK TABLE triage_rules IN SHARE ROW EXCLUSIVE MODE"),
                PostgresStatement(
                    "insert triage rules",
                    """
                    INSERT INTO triage_rules (version, document, checksum, created_by, note)
                    SELECT t.version + 1, $1, $2, $3, $4
                    FROM (SELECT version, checksum FROM triage_rules ORDER BY version DESC LIMIT 1) AS t
                    WHERE t.checksum <> $2
                    """,
                    [.text(document), .text(checksum), .text(who), .text(note)]
                ),
                PostgresStatement("read triage version", "SELECT max(version) FROM triage_rules"),
                PostgresStatement("commit", "COMMIT"),
            ]
        let answers = try await connection.transaction(statements, timeout: timeout)
        let version = answers.dropLast().last?.int4(0, 0) ?? 0
        return (version, answers.dropLast(2).last?.affectedRows == 1)
    }

    private static func read(
        _ condition: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [TriageRulesRow] {
        let rows = try await connection.query(
            PostgresStatement(
                "read triage rules",
                "SELECT version, document, checksum, created_at, created_by, note FROM triage_rules \(condition)",
                parameters
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            TriageRulesRow(
                version: rows.int4(row, 0) ?? 0,
                document: rows.string(row, 1) ?? "",
                checksum: rows.string(row, 2) ?? "",
                createdAt: rows.timestamptz(row, 3) ?? 0,
                createdBy: rows.string(row, 4) ?? "",
                note: rows.string(row, 5)
            )
        }
    }
}

extension TriageRules {
    /// The names of sources and brands that conditions hold, sorted.
    var names: (sources: [String], brands: [String]) {
        let sources = rules.reduce(into: Set<String>()) { $0.formUnion($1.conditions.sources ?? []) }
        let brands = rules.reduce(into: Set<String>()) { $0.formUnion($1.conditions.brands ?? []) }
        return (sources.sorted(), brands.sorted())
    }
}
