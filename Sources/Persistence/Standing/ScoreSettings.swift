public import Advocacy
internal import Foundation
public import PostgresClient

/// The settings that scores are made with, as the database holds them.
public enum ScoreSettings {
    /// One version.
    public struct Version: Sendable, Equatable {
        /// 1, 2, 3, …
        public var version: Int32
        /// What it says.
        public var setting: ScoreSetting
        /// Whether all that is stored is folded with it.
        public var isSettled: Bool

        /// Makes a version.
        public init(version: Int32, setting: ScoreSetting, isSettled: Bool) {
            self.version = version
            self.setting = setting
            self.isSettled = isSettled
        }
    }

    /// What became of a new setting.
    public enum Change: Sendable, Equatable {
        /// It stood already.
        case none(version: Int32)
        /// It stands; what is stored is good for it.
        case stands(version: Int32)
        /// It stands; so many standings are to be folded anew by the background step.
        case refolds(version: Int32, standings: Int64)
    }

    private static let timeout = Duration.seconds(600)

    static let read = PostgresStatement(
        "read score setting",
        """
        SELECT version, is_settled, half_life_days, day_cap, engagement_cap, presence_half, amplification_half,
               reach_full, amplification_weight, reach_weight, dialogue_weight, defence_weight, advocate_from,
               supporter_from, critic_up_to
        FROM score_setting
        """
    )

    static func standing(_ rows: PostgresResult) -> Version? {
        guard let version = rows.int4(0, 0), let isSettled = rows.bool(0, 1), let days = rows.int4(0, 2),
            let cap = rows.int4(0, 3), let engagement = rows.int4(0, 4), let full = rows.int8(0, 7)
        else { return nil }
        var setting = ScoreSetting()
        (setting.halfLifeDays, setting.dayCap, setting.engagementCap) = (Int(days), Int(cap), Int(engagement))
        setting.reachFull = Int(full)
        let reals: [(Int, WritableKeyPath<ScoreSetting, Double>)] = [
            (5, \.presenceHalf), (6, \.amplificationHalf), (8, \.amplificationWeight), (9, \.reachWeight),
            (10, \.dialogueWeight), (11, \.defenceWeight), (12, \.advocateFrom), (13, \.supporterFrom),
            (14, \.criticUpTo),
        ]
        for (column, path) in reals {
            guard let value = rows.double(0, column) else { return nil }
            setting[keyPath: path] = value
        }
        return Version(version: version, setting: setting, isSettled: isSettled)
    }

    /// The version that stands.
    public static func standing(on connection: PostgresConnection) async throws(PostgresError) -> Version {
        guard let version = standing(try await connection.query(read, timeout: timeout)) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "there is no score setting",
                statement: read.operation
            )
        }
        return version
    }

    /// Makes a setting the one that stands, with the next version. Where it folds otherwise, all authors are put into the
    /// queue of the background step in the same transaction; scores are a mixture until it is through.
    ///
    /// The setting must be free of ``ScoreSetting/problems``.
    /// - Parameter who: for the audit.
    public static func apply(
        _ setting: ScoreSetting,
        by who: String,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Change {
        do throws(PostgresError) {
            return try await change(setting, who, connection)
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    private static func change(
        _ setting: ScoreSetting,
        _ who: String,
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> Change {
        let answers = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN"),
                PostgresStatement(read.operation, read.sql + " FOR UPDATE"),
            ],
            timeout: timeout
        )
        guard let old = answers.last.flatMap({ standing($0) }), old.setting != setting else {
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
            return .none(version: answers.last?.int4(0, 0) ?? 0)
        }
        let version = old.version + 1
        let isSame = old.setting.foldsAs(setting)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = (try? encoder.encode(setting)).map { String(decoding: $0, as: UTF8.self) }
        var statements = [
            PostgresStatement(
                "change score setting",
                """
                UPDATE score_setting SET version = $1, is_settled = is_settled AND $2, half_life_days = $3, day_cap = $4,
                    engagement_cap = $5, presence_half = $6, amplification_half = $7, reach_full = $8,
                    amplification_weight = $9, reach_weight = $10, dialogue_weight = $11, defence_weight = $12,
                    advocate_from = $13, supporter_from = $14, critic_up_to = $15
                """,
                [
                    .int4(version), .bool(isSame), .int4(Int32(clamping: setting.halfLifeDays)),
                    .int4(Int32(clamping: setting.dayCap)), .int4(Int32(clamping: setting.engagementCap)),
                    .double(setting.presenceHalf), .double(setting.amplificationHalf), .int8(Int64(setting.reachFull)),
                    .double(setting.amplificationWeight), .double(setting.reachWeight),
                    .double(setting.dialogueWeight), .double(setting.defenceWeight), .double(setting.advocateFrom),
                    .double(setting.supporterFrom), .double(setting.criticUpTo),
                ]
            ),
            PostgresStatement(
                "note score setting",
                "INSERT INTO score_setting_audit (version, made_by, setting) VALUES ($1, $2, $3::text::jsonb)",
                [.int4(version), .text(who), .text(json ?? "{}")]
            ),
        ]
        if !isSame {
            statements.append(
                PostgresStatement(
                    "queue all authors",
                    "INSERT INTO ledger_touched SELECT brand_no, last_day, author_no FROM standing"
                )
            )
        }
        statements.append(PostgresStatement("commit", "COMMIT"))
        let ends = try await connection.pipeline(statements, timeout: timeout)
        return isSame || ends.count < 4
            ? .stands(version: version) : .refolds(version: version, standings: Int64(ends[2].affectedRows))
    }
}
