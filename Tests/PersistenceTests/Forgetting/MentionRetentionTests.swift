import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct MentionRetentionTests {
        private static let sums = """
            SELECT concat_ws(' ', b.name, a.author_key, encode(s.days, 'hex'), s.bound, s.first_at, s.last_at)
            FROM standing s JOIN brand b USING (brand_no) JOIN author a USING (author_no)
            UNION ALL
            SELECT 'ledger ' || l::text FROM ledger l
            UNION ALL
            SELECT concat_ws(' ', 'hour', brand_no, hour, sum(mentions), sum(positive))
            FROM hour_sum GROUP BY brand_no, hour
            UNION ALL
            SELECT 'copy ' || h::text FROM hour_copy h
            UNION ALL
            SELECT 'thread ' || t::text FROM thread_ledger t
            UNION ALL
            SELECT 'identity ' || i::text FROM mention_identity i
            ORDER BY 1
            """

        /// Goes on in another partition, and closes and indexes the one before, a hundred days ago.
        private static func close(_ relating: Relating, _ connection: PostgresConnection) async throws {
            let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
            try await upkeep.rollOver(on: connection)
            try await finish(relating, connection)
            while try await upkeep.indexOneClosed(on: connection) != nil {}
            _ = try await connection.run("UPDATE mention_partition SET closed_at = closed_at - interval '100 days'")
        }

        private static func keep(_ days: Int32, _ connection: PostgresConnection) async throws {
            var setting = try await RetentionSetting.load(on: connection)
            setting.mentionDays = days
            try await setting.store(on: connection)
        }

        private static func draft(_ id: Int, _ random: inout SeededGenerator) -> Draft {
            func pointer(_ chance: Int) -> String? {
                Int.random(in: 0..<chance, using: &random) == 0
                    ? "m\(Int.random(in: 0...id + 10, using: &random))" : nil
            }
            var draft = Draft(id: id, source: Int32.random(in: 1...2, using: &random), hash: 0)
            draft.hash = Int64.random(in: 1...50, using: &random)
            draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
            draft.second = Int64.random(in: 0...30, using: &random) * 43_200
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...3).filter { _ in Int.random(in: 0...1, using: &random) == 0 }
            (draft.inReplyTo, draft.repostOf) = (pointer(2), pointer(4))
            return draft
        }

        /// Partitions go while mentions come that copy what is gone, answer it and revise what is left: what was counted
        /// stays, and the verifier agrees at every stop.
        @Test(arguments: [UInt64(1), 2, 3])
        func whatWasCountedStays(seed: UInt64) async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", chunk: seed == 2 ? 7 : 1_000, copyMemory: 1 << 20)
                var drafts: [Draft] = []
                for _ in 0..<3 {
                    let new = (0..<40).map { Self.draft(drafts.count + $0, &random) }
                    try await farm.write(new: new)
                    drafts += new
                    try await Self.close(relating, connection)
                }
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed), all there")
                #expect(try await RetentionSweep.run(on: connection).isEmpty)
                try await Self.keep(30, connection)
                let before = try await connection.strings(Self.sums)
                #expect(try await RetentionSweep.run(on: connection) == ["mention": 40])
                #expect(try await connection.strings(Self.sums) == before)
                #expect(try await connection.number("SELECT count(*) FROM mention") == 80)
                #expect(try await connection.number("SELECT count(*) FROM mention_identity") == 120)
                try await expectVerified(connection, "seed \(seed), one gone")
                #expect(try await connection.number("SELECT count(*) FROM copy_cluster WHERE is_sealed") > 0)
                let links = "SELECT count(*) FROM thread_link WHERE is_dropped(parent_no)"
                #expect(try await connection.number(links) > 0)

                // Those of the second and third partition change, and new ones copy and answer whatever there was.
                try await farm.write(
                    new: (0..<40).map { Self.draft(drafts.count + $0, &random) },
                    revised: drafts.dropFirst(40).shuffled(using: &random).prefix(30).map { old in
                        var draft = Self.draft(old.id, &random)
                        (draft.source, draft.author) = (old.source, old.author)
                        return draft
                    }
                )
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed), gone on")
                #expect(try await RetentionSweep.run(on: connection) == ["mention": 40])
                try await expectVerified(connection, "seed \(seed), two gone")
                _ = try await AuthorJoining(by: "test", reason: nil).join(
                    [.init(source: "twitter", id: "author1"), .init(source: "reddit", id: "author5")],
                    on: connection
                )
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed), joined")
                // Relating anew what is left keeps what the others came to.
                let copies = """
                    SELECT coalesce(sum(copies), 0)::bigint FROM ledger WHERE day IN (SELECT day FROM sealed_day)
                    """
                let copied = try await connection.number(copies)
                #expect(try await CopySetting(threshold: 9_000, window: 604_800).apply(on: connection))
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed), related anew")
                #expect(try await connection.number(copies) <= copied)
                #expect(
                    try await connection.number(
                        "SELECT count(*) FROM ledger WHERE least(copies, copies_positive, copies_negative) < 0"
                    ) == 0
                )
                // The views and readings go on.
                _ = try await connection.run("SELECT * FROM mention_farm.cluster")
                _ = try await connection.run("SELECT * FROM mention_farm.thread")
                _ = try await connection.run("SELECT * FROM mention_farm.wish")
                _ = try await MentionSearch("text").page(limit: 50, after: nil, on: connection)
                guard
                    case .found = try await AuthorExplanation.run(brand: "brand1", author: "author4", on: connection)
                else {
                    Issue.record("author4 is not found")
                    return
                }
                let subject = Forgetting.Subject.author(source: "twitter", id: "author4")
                let receipt = try await Forgetting(by: "test").run(subject, on: connection)
                #expect((receipt.removed["ledger"] ?? 0) > 0)
                try await expectVerified(connection, "seed \(seed), forgotten")
                _ = try await Forgetting.takeBack(within: .seconds(20), on: connection)
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed), taken back")
                let left = "SELECT count(*) FROM ledger WHERE author_no = 4 AND mentions > 0"
                #expect(try await connection.number(left) == 0)
                #expect(try await connection.number("SELECT count(*) FROM standing WHERE author_no = 4") == 0)
            }
        }

        /// A record that comes again after its mention was dropped is what it would have been: nothing fails, nothing is new.
        @Test func recordsThatComeAgainAreKnown() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let payloads = WritingStream.records(seed: 8, mentions: 80)
                let log = WritingStream.log(payloads, order: 2)
                let shell = try await WritingShell(database, connection)
                try await shell.take(log, most: 9, on: connection)
                try await shell.run(most: 30)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await finish(relating, connection)
                try await Self.close(relating, connection)
                let before = try await connection.strings(Self.sums)
                try await Self.keep(1, connection)
                let mentions = try await connection.number("SELECT count(*) FROM mention")
                #expect(try await RetentionSweep.run(on: connection) == ["mention": mentions])
                try await expectVerified(connection, "all gone")
                let counts = "SELECT sum(new_mentions) || ' ' || sum(revisions) FROM progress"
                let counted = try await connection.strings(counts)

                let length = (log.map(\.offset).max() ?? 0) + 4
                let again = log.map {
                    WritingRecord(partition: $0.partition, offset: $0.offset + length, payload: $0.payload)
                }
                let revision = MentionRecord.writing("never seen").json
                let late = MentionRecord.writing("never seen", text: "but now", edited: 60).json
                let other = try await WritingShell(database, connection, slot: 1)
                try await other.take(
                    again + [
                        WritingRecord(partition: 90, offset: 0, payload: revision),
                        WritingRecord(partition: 90, offset: 1, payload: late),
                    ],
                    most: 7,
                    on: connection
                )
                try await other.run(most: 25)
                #expect(await other.failures.isEmpty)
                #expect(try await connection.number("SELECT count(*) FROM mention") == 1)
                let now = try await connection.strings(counts)
                let numbers = counted[0].split(separator: " ").compactMap { Int($0) }
                #expect(now == ["\(numbers[0] + 1) \(numbers[1] + 1)"])
                try await finish(relating, connection)
                try await expectVerified(connection, "come again")
                let kept = Set(before)
                #expect(try await connection.strings(Self.sums).filter { kept.contains($0) }.count >= before.count - 8)
                // A revision of a mention that is gone is counted as one, and changes nothing else.
                let ids = try await connection.strings(
                    """
                    SELECT i.native_id FROM mention_identity i JOIN source s USING (source_no)
                    WHERE s.name = 'twitter' AND is_dropped(mention_no) LIMIT 1
                    """
                )
                let changed = MentionRecord.writing(try #require(ids.first), text: "new words", edited: 9_999).json
                let third = try await WritingShell(database, connection, slot: 2)
                try await third.take(
                    [WritingRecord(partition: 91, offset: 0, payload: changed)],
                    most: 1,
                    on: connection
                )
                try await third.run(most: 1)
                #expect(try await connection.strings(counts) == ["\(numbers[0] + 1) \(numbers[1] + 2)"])
                #expect(try await connection.number("SELECT count(*) FROM mention") == 1)
                try await finish(relating, connection)
                try await expectVerified(connection, "revised")
            }
        }

        /// Nothing goes before its time: what was published or stored lately, is not closed, not indexed, or not related.
        @Test func keepsWhatIsNotOldEnough() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await farm.write(new: [Draft(id: 1, hash: 1), Draft(id: 2, hash: 2)])
                try await Self.keep(1, connection)
                func dropped() async throws -> Int64? { try await RetentionSweep.run(on: connection)["mention"] }
                try await finish(relating, connection)
                #expect(try await dropped() == 0, "not closed")
                try await Self.close(relating, connection)
                for (change, undo) in [
                    ("mention_partition SET closed_at = now()", "closed_at = now() - interval '9 days'"),
                    // The window of copies is a week.
                    (
                        "mention_partition SET closed_at = now() - interval '6 days'",
                        "closed_at = now() - interval '9 days'"
                    ),
                    ("mention_partition SET indexed_at = NULL", "indexed_at = now() WHERE closed_at IS NOT NULL"),
                    ("related_mark SET related_no = 5", "related_no = last_number()"),
                    ("mention SET published_at = now()", "published_at = '2026-01-01'"),
                    // Remembered from the one before.
                    ("mention_partition SET upper_no = upper_no", "kept_until = NULL"),
                ] {
                    let table = change.prefix { $0 != " " }
                    _ = try await connection.run("UPDATE \(change)")
                    #expect(try await dropped() == 0, "\(change)")
                    _ = try await connection.run("UPDATE \(table) SET \(undo)")
                }
                #expect(try await dropped() == 2)
                #expect(try await dropped() == 0)
                try await expectVerified(connection)
            }
        }

        @Test func sweepsWhatIsDone() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await farm.write(
                    new: (1...4).map { Draft(id: $0, hash: Int64($0), brands: [1], inReplyTo: "x\($0)") }
                )
                try await Self.close(relating, connection)
                try await farm.write(new: [Draft(id: 9, hash: 9, inReplyTo: "x9")])
                try await finish(relating, connection)
                _ = try await connection.run(
                    """
                    INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                        priority, status, team, action, reason, closed_by, closed_at, claimed_by, claimed_at,
                        claim_until)
                    SELECT mention_no, 1, 1, 1, body_hash, published_at, now() - interval '50 days', 1,
                           CASE native_id WHEN 'm1' THEN 'claimed' ELSE 'done' END, 'support', 'respond', 'threat',
                           CASE native_id WHEN 'm1' THEN NULL ELSE 'x' END,
                           CASE native_id WHEN 'm1' THEN NULL WHEN 'm2' THEN now() ELSE now() - interval '40 days' END,
                           CASE native_id WHEN 'm1' THEN 'x' END, CASE native_id WHEN 'm1' THEN now() END,
                           CASE native_id WHEN 'm1' THEN now() END
                    FROM mention WHERE brands <> '{}'
                    """
                )
                _ = try await connection.run(
                    """
                    INSERT INTO outbox (key, payload, added_at)
                    SELECT 'k', 'v', now() - (n - 0.5) * interval '1 day' FROM generate_series(1, 20) AS n
                    """
                )
                #expect(try await connection.number("SELECT count(*) FROM thread_wait") == 5)
                var setting = RetentionSetting()
                (setting.triageDays, setting.outboxDays, setting.waitDays) = (30, 10, 20)
                try await setting.store(on: connection)
                #expect(try await RetentionSetting.load(on: connection) == setting)
                #expect(
                    try await RetentionSweep.run(on: connection)
                        == ["triage_item": 2, "outbox": 10, "thread_wait": 4]
                )
                try await expectVerified(connection, "swept")
                #expect(try await connection.number("SELECT count(*) FROM thread_wait") == 1)
                // What comes too late is not joined; who changes waits anew.
                try await farm.write(
                    new: [Draft(id: 77, hash: 77)],
                    revised: [Draft(id: 4, hash: 4, brands: [2], inReplyTo: "m77")]
                )
                try await finish(relating, connection)
                try await expectVerified(connection, "gone on")
            }
        }

        /// A worker's login owns no table, and removes what is old all the same.
        @Test func aWritersLoginDoes() async throws {
            try await RoleLogins.with { logins, owner in
                let connection = try await logins.writer.connect()
                try await WritingShell.prepare(connection)
                let log = WritingStream.log(RoleLogins.payloads, order: 4)
                let shell = try await WritingShell(logins.writer, connection)
                try await shell.take(log, most: 7, on: connection)
                try await shell.run(most: 40)
                let relating = Relating(owner: "writer", copyMemory: 1 << 20)
                try await Self.close(relating, connection)
                var setting = RetentionSetting()
                (setting.mentionDays, setting.triageDays, setting.outboxDays) = (30, 30, 30)
                (setting.waitDays, setting.auditDays, setting.deadLetterDays) = (30, 30, 30)
                try await setting.store(on: connection)
                let names: [AuthorJoining.Name] = try await connection.run(
                    "SELECT s.name, a.author_key FROM author a JOIN source s USING (source_no) ORDER BY 1, 2 LIMIT 2"
                ).pairs.map { .init(source: $0, id: $1) }
                _ = try await AuthorJoining(by: "writer", reason: "a test").join(names, on: connection)
                #expect((try await RetentionSweep.run(on: connection)["mention"] ?? 0) > 0)
                let subject = Forgetting.Subject.author(source: names[1].source, id: names[1].id)
                _ = try await Forgetting(by: "writer").run(subject, on: connection)
                try await expectVerified(connection)
                await connection.close()
                try await expectVerified(owner)
            }
        }
    }
}

extension PostgresResult {
    fileprivate var pairs: [(String, String)] {
        (0..<rowCount).map { (string($0, 0) ?? "", string($0, 1) ?? "") }
    }
}
