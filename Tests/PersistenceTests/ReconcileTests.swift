import Copies
import MentionModel
import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// What `mention-admin reconcile` does.
    @Suite struct ReconcileTests {
        private static let words =
            "the northern flight was delayed again and nobody at the gate could say when it would leave for the coast"

        /// Mentions of one minute each, every text near the one before it.
        private static func drafts(_ count: Int) -> [Draft] {
            (1...count).map { id in
                var words = words.split(separator: " ").map(String.init)
                if id % 2 == 0 { words[3] = "late" }
                return Draft(
                    id: id,
                    second: Int64(id) * 60,
                    hash: Int64(id),
                    text: words.joined(separator: " ") + " \(id)"
                )
            }
        }

        private static let clusters = "SELECT count(*) FROM mention_farm.cluster"

        @Test func findsWhatEscaped() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: Self.drafts(6))
                let blind = Relating(owner: "blind", copyMemory: 0)
                try await finish(blind, connection)
                try await blind.release(on: connection)
                // Not related yet when it begins.
                let late = (7...8).map { Draft(id: $0, second: Int64($0) * 60, hash: 7, text: "thanks") }
                try await farm.write(new: late)
                #expect(try await connection.number(Self.clusters) == 0)

                let reconcile = Reconcile(owner: "admin", memory: 1 << 20)
                #expect(try await reconcile.unrelated(on: connection) > 0)
                var told: [Reconciliation.EscapedPair] = []
                let check = try await reconcile.rehearse(on: connection) { told += $0 }
                #expect(check.pairs == told.count && check.pairs >= 5 && check.texts == 6)
                #expect(told.allSatisfy { $0.jaccard >= 8_000 && $0.mention != $0.other })
                let named = try await EscapedPairReading.names(of: told, on: connection)
                #expect(named.count == told.count)
                #expect(Set(named.flatMap { [$0.nativeID, $0.otherNativeID] }) == Set((1...6).map { "m\($0)" }))
                #expect(try await connection.number("SELECT count(*) FROM near_found") == 0)
                #expect(try await connection.number("SELECT count(reconciled_at) FROM copy_debt") == 0)
                #expect(try await connection.number(Self.clusters) == 0)

                let outcome = try await reconcile.run(on: connection)
                #expect(outcome.pairs >= 5 && !outcome.isStopped && outcome.texts == 7)
                #expect(
                    try await connection.strings("SELECT size::text FROM mention_farm.cluster ORDER BY size DESC") == [
                        "6", "2",
                    ]
                )
                #expect(try await connection.number("SELECT count(owner) FROM lease WHERE name = 'relate'") == 0)
                #expect(try await reconcile.unrelated(on: connection) == 0)
                try await expectVerified(connection)
                let again = try await reconcile.rehearse(on: connection) { _ in }
                #expect(again.pairs == 0)
                let standing = try #require(try await CopyReading.standing(connection))
                #expect(standing.reconciledAt != nil && standing.pairsFound == outcome.pairs)
            }
        }

        @Test func onlyLooksAtTheTimeThatIsAskedFor() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                var drafts = Self.drafts(4)
                drafts[2].second += 30 * 86_400
                drafts[3].second += 30 * 86_400
                try await farm.write(new: drafts)
                try await finish(Relating(owner: "admin", copyMemory: 0), connection)
                let late = drafts[2].publishedAt...drafts[3].publishedAt
                var told: [Reconciliation.EscapedPair] = []
                let reconcile = Reconcile(owner: "admin", memory: 1 << 20, time: late)
                let check = try await reconcile.rehearse(on: connection) { told += $0 }
                #expect(check.texts == 2)
                #expect(told.count == 1)
                let named = try await EscapedPairReading.names(of: told, on: connection)
                #expect(Set(named.flatMap { [$0.nativeID, $0.otherNativeID] }) == ["m3", "m4"])
                let all = try await Reconcile(owner: "admin", memory: 1 << 20).rehearse(on: connection) { _ in }
                #expect(all.texts == 4)
            }
        }

        @Test func waitsForTheWorkerThatHoldsTheLease() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let worker = Relating(owner: "worker", chunk: 1, copyMemory: 0)
                try await finish(worker, connection)
                try await farm.write(new: Self.drafts(6))
                let other = try await database.connect()

                // A worker that does nothing more: it is left the lease, and nothing is done.
                let impatient = Reconcile(owner: "admin", memory: 1 << 20, patience: .milliseconds(200))
                do {
                    _ = try await impatient.run(on: other)
                    Issue.record("it did not wait")
                } catch let error as Reconcile.Stalled {
                    #expect(error.holder == "worker" && error.description.contains("held by worker"))
                }
                #expect(try await connection.strings("SELECT owner FROM lease") == ["worker"])
                #expect(try await connection.number("SELECT count(*) FROM text_span") == 0)

                typealias Answer = (outcome: Reconciliation.Outcome, holders: Set<String>)
                let (outcome, holders) = try await withThrowingTaskGroup(of: Answer?.self) { group in
                    group.addTask {
                        var holders: Set<String> = []
                        let outcome = try await Reconcile(owner: "admin", memory: 1 << 20).run(on: other) { progress in
                            if case .relating(_, _, _, let holder?) = progress { holders.insert(holder) }
                            return true
                        }
                        return (outcome, holders)
                    }
                    group.addTask {
                        while !Task.isCancelled { _ = try await worker.step(on: connection) }
                        return nil
                    }
                    let first = try await group.next()
                    group.cancelAll()
                    return try #require(first ?? nil)
                }
                #expect(outcome.pairs >= 5)
                #expect(holders == ["worker"])
                #expect(try await other.strings("SELECT owner FROM lease") == ["worker"])
                #expect(try await other.strings("SELECT size::text FROM mention_farm.cluster") == ["6"])
                try await expectVerified(other)
                await other.close()
            }
        }

        @Test func endsWhenItIsToldTo() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: Self.drafts(4))
                let reconcile = Reconcile(owner: "admin", memory: 1 << 20)
                let stopped = try await reconcile.run(on: connection) { _ in false }
                #expect(stopped.isStopped)
                #expect(try await connection.number("SELECT count(*) FROM text_span") == 0)
                #expect(try await connection.number("SELECT count(owner) FROM lease") == 0)
                try await finish(Relating(owner: "blind", copyMemory: 0), connection)
                _ = try await connection.run("UPDATE lease SET owner = NULL, expires_at = '-infinity'")
                _ = try await connection.run(
                    "UPDATE copy_debt SET from_at = '2026-01-01', to_at = '2026-01-02', pairs_found = 0"
                )
                let late = try await reconcile.run(on: connection) { progress in
                    if case .comparing = progress { false } else { true }
                }
                #expect(late.isStopped && late.pairs > 0)
                // What was found is kept, and the debt stands.
                #expect(try await connection.number("SELECT count(*) FROM near_found") == late.pairs)
                #expect(try await connection.number("SELECT count(from_at) FROM copy_debt") == 1)
            }
        }

        @Test func changesWhatCountsAsACopy() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                var drafts = Self.drafts(2)
                // Near by 0.6 and not by 0.8; and one text twice, three days apart.
                drafts[1].text = drafts[0].text.replacing("nobody at the", with: "none in a")
                let similarity = try #require(TextSimilarity.jaccard(drafts[0].text, drafts[1].text))
                try #require((6_000..<8_000).contains(similarity), "\(similarity)")
                drafts += [0, 3 * 86_400].enumerated().map { index, second in
                    Draft(id: 10 + index, second: second, hash: 10, brands: [1], text: "thanks")
                }
                try await farm.write(new: drafts)
                let reconcile = Reconcile(owner: "admin", memory: 1 << 20)
                _ = try await reconcile.run(on: connection)
                let groups = """
                    SELECT string_agg(native_id, ' ' ORDER BY native_id) FROM mention_farm.mention
                    GROUP BY cluster_id HAVING count(*) > 1 ORDER BY 1
                    """
                #expect(try await connection.strings(groups) == ["m10 m11"])
                #expect(try await connection.number("SELECT sum(copies)::bigint FROM ledger") == 1)

                let old = try await CopySetting.read(connection)
                #expect(old == CopySetting(threshold: 8_000, window: 604_800))
                #expect(try await !old.apply(on: connection))
                #expect(try await connection.strings(groups) == ["m10 m11"])
                let new = CopySetting(threshold: 6_000, window: 86_400)
                #expect(try await new.apply(on: connection))
                #expect(try await CopySetting.read(connection) == new)
                #expect(try await connection.number("SELECT related_no FROM related_mark") == 0)
                #expect(try await connection.strings(groups) == [])
                try await expectVerified(connection, "forgotten")
                _ = try await reconcile.run(on: connection)
                #expect(try await connection.strings(groups) == ["m1 m2"])
                #expect(try await connection.number("SELECT coalesce(sum(copies), 0)::bigint FROM ledger") == 0)
                try await expectVerified(connection, "related anew")
                #expect(try await !new.apply(on: connection))
            }
        }
    }
}
