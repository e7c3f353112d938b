import PostgresClient

/// Where a run stands: its row in `reclassify`, and the numbers that stand for its model and choice.
struct ReclassifyPlace: Sendable {
    var model: Int16
    /// 0 for any.
    var brand: Int32
    /// `Int64.min` for all times.
    var since: Int64
    var after: Int64
    var examined: Int64
    var changed: Int64
    var goal: Int64

    /// The row's key, as the first three parameters of a statement.
    var key: [PostgresParameter] { [.int2(model), .int4(brand), .timestamptz(since)] }
}

/// The statements about runs of reclassification.
enum ReclassifySQL {
    static let timeout = Duration.seconds(300)

    /// What of a mention `alias` must hold, with brand and time as parameters.
    static func chosen(_ alias: String, brand: String, since: String) -> String {
        "(\(brand)::integer = 0 OR \(brand) = ANY (\(alias).brands)) AND \(alias).published_at >= \(since)"
    }

    // MARK: One run at a time

    /// Takes the lock that there is one of, for as long as the connection lasts. A run that was killed a moment ago may
    /// still hold it until the server has noticed, so it is asked for a few seconds.
    static func lock(_ connection: PostgresConnection, patience: Duration) async throws {
        let deadline = ContinuousClock.now + patience
        while true {
            let answer = try await connection.query(
                PostgresStatement("lock reclassify", "SELECT pg_try_advisory_lock(727272, 4)"),
                timeout: timeout
            )
            if answer.bool(0, 0) == true { return }
            guard .now < deadline else {
                let holder = try await connection.query(
                    PostgresStatement(
                        "look for the other run",
                        """
                        SELECT pid FROM pg_locks
                        WHERE locktype = 'advisory' AND classid = 727272 AND objid = 4 AND objsubid = 2 AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    ),
                    timeout: timeout
                )
                throw Reclassify.Busy(backend: holder.int4(0, 0))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    static func unlock(_ connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("unlock reclassify", "SELECT pg_advisory_unlock(727272, 4)"),
            timeout: timeout
        )
    }

    // MARK: The place

    /// Finds or makes the place of a run.
    static func begin(
        _ version: String,
        _ choice: Reclassify.Choice,
        on connection: PostgresConnection
    ) async throws -> ReclassifyPlace {
        let brand = try await brand(choice, on: connection)
        let model = try await PartitionClaims.modelNumber(version, on: connection)
        var place = ReclassifyPlace(
            model: model,
            brand: brand,
            since: choice.since ?? .min,
            after: 0,
            examined: 0,
            changed: 0,
            goal: 0
        )
        let answers = try await connection.pipeline(
            [
                PostgresStatement(
                    "begin reclassify",
                    "INSERT INTO reclassify (model_no, brand_no, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    place.key
                ),
                PostgresStatement(
                    "read reclassify",
                    """
                    SELECT after_no, examined, changed, last_number() FROM reclassify
                    WHERE (model_no, brand_no, since) = ($1, $2, $3)
                    """,
                    place.key
                ),
            ],
            timeout: timeout
        )
        guard let row = answers.last, let after = row.int8(0, 0), let goal = row.int8(0, 3) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "the run's row is gone after it was inserted",
                statement: "read reclassify"
            )
        }
        place.after = after
        place.examined = row.int8(0, 1) ?? 0
        place.changed = row.int8(0, 2) ?? 0
        place.goal = goal
        return place
    }

    /// The brand's number; 0 where none is asked for.
    static func brand(_ choice: Reclassify.Choice, on connection: PostgresConnection) async throws -> Int32 {
        guard let name = choice.brand else { return 0 }
        let rows = try await connection.query(
            PostgresStatement("read brand", "SELECT brand_no FROM brand WHERE name = $1", [.text(name)]),
            timeout: timeout
        )
        guard let number = rows.int4(0, 0) else { throw Reclassify.UnknownBrand() }
        return number
    }

    /// Moves the place on; must touch one row.
    static func move(_ place: ReclassifyPlace, to done: ReclassifyStep.Done) -> PostgresStatement {
        PostgresStatement(
            "move reclassify",
            """
            UPDATE reclassify SET after_no = $4, examined = examined + $5, changed = changed + $6
            WHERE (model_no, brand_no, since) = ($1, $2, $3)
            """,
            place.key + [.int8(done.reached), .int8(done.examined), .int8(done.changed)]
        )
    }

    /// Forgets the place: the next run begins anew.
    static func finish(_ place: ReclassifyPlace, on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "finish reclassify",
                "DELETE FROM reclassify WHERE (model_no, brand_no, since) = ($1, $2, $3)",
                place.key
            ),
            timeout: timeout
        )
    }

    // MARK: All mentions

    /// Counts the chosen mentions of other models. One scan, with the plans that scans need.
    static func others(
        _ version: String,
        _ choice: Reclassify.Choice,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [(version: String, count: Int64)] {
        let rows = try await scan(
            PostgresStatement(
                "count mentions of other models",
                """
                SELECT v.version, c.mentions
                FROM (SELECT m.model_no, count(*) AS mentions FROM mention m
                      WHERE ($2::text IS NULL OR m.brands @> ARRAY[(SELECT brand_no FROM brand WHERE name = $2)])
                        AND m.published_at >= $3 GROUP BY 1) AS c
                JOIN model v USING (model_no)
                WHERE v.version <> $1 ORDER BY c.mentions DESC, v.version
                """,
                [.text(version), .text(choice.brand), .timestamptz(choice.since ?? .min)]
            ),
            on: connection
        )
        return (0..<rows.rowCount).map { (rows.string($0, 0) ?? "", rows.int8($0, 1) ?? 0) }
    }

    /// A statement that reads much of the table.
    static func scan(
        _ statement: PostgresStatement,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresResult {
        let answers = try await connection.transaction(
            [
                PostgresStatement("begin", "BEGIN READ ONLY"),
                PostgresStatement("allow scans", "SET LOCAL enable_seqscan = on"),
                PostgresStatement("allow joins", "SET LOCAL enable_hashjoin = on"),
                PostgresStatement("allow time", "SET LOCAL statement_timeout = 0"),
                PostgresStatement("plan for the values", "SET LOCAL plan_cache_mode = force_custom_plan"),
                statement, PostgresStatement("commit", "COMMIT"),
            ],
            timeout: .seconds(86_400)
        )
        guard answers.count == 7 else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "fewer answers than statements",
                statement: statement.operation
            )
        }
        return answers[5]
    }
}
