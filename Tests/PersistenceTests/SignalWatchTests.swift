import Advocacy
import MentionModel
@testable import Persistence
import PostgresClient
import Signals
import Testing

extension DatabaseTests {
    @Suite struct SignalWatchTests {
        /// Writes negative mentions of a brand, one row an hour, as a batch does, without the mentions.
        private static func write(
            _ counts: [Int32: Int32],
            brand: Int32,
            _ connection: PostgresConnection,
            source: Int32 = 1
        ) async throws {
            let deltas = counts.map { hour, count in
                var sums = HourSums()
                (sums.mentions, sums.negative) = (count, count)
                return HourDelta(key: HourKey(brand: brand, hour: hour, source: source), sums: sums)
            }
            _ = try await connection.pipeline(
                HourWriting.statements(deltas.sorted { $0.key < $1.key }, slot: 3)
            )
        }

        /// Two hundred hours of three, with more in some; the last one isn't over.
        private static func counts(_ extra: [Int32: Int32], from: Int32 = 490_000) -> [Int32: Int32] {
            var counts: [Int32: Int32] = [:]
            for hour in -100..<100 as Range<Int32> { counts[from + hour] = 3 + (extra[hour] ?? 0) }
            return counts
        }

        private static func hours(_ connection: PostgresConnection) async throws -> [String] {
            try await connection.strings("SELECT brand_no || ':' || hour - 490000 FROM signal ORDER BY brand_no, hour")
        }

        private static func events(_ outcome: SignalWatch.Outcome) -> [String] {
            guard case .judged(_, let found, _) = outcome else { return ["held by another"] }
            return found.map { "\($0.brand):\($0.spike.hour - 490_000)" }
        }

        @Test func findsASpikeOnceItIsOver() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                let watch = SignalWatch(owner: "a")
                try await Self.write(Self.counts([60: 40, 62: 50, 99: 70]), brand: 1, connection)
                try await Self.write(Self.counts([:]), brand: 2, connection)
                #expect(Self.events(try await watch.pass(.told, on: connection)) == ["brand1:60"])
                let rows = try await SignalReading.signals(of: "brand1", since: nil, limit: 9, on: connection)
                #expect(rows.map(\.value) == [43] && rows.map(\.baseline) == [3])
                #expect(rows.first?.windowEnd == (490_061 as Int64) * 3_600_000_000)
                // Judged again it is the same, and told of no more.
                try await Self.write([490_060: 1], brand: 1, connection, source: 2)
                #expect(Self.events(try await watch.pass(.told, on: connection)).isEmpty)
                #expect(try await Self.hours(connection) == ["1:60"])
                #expect(try await connection.number("SELECT value FROM signal") == 44)
                // With mentions of a later hour the last one is over.
                try await Self.write([490_105: 1], brand: 2, connection)
                #expect(Self.events(try await watch.pass(.told, on: connection)) == ["brand1:99"])
                #expect(try await connection.number("SELECT count(*) FROM signal_touched") == 0)
            }
        }

        /// Nothing more comes: what is over by the clock is judged.
        @Test func aQuietTopicIsJudgedByTheClock() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                let watch = SignalWatch(owner: "a")
                try await Self.write(Self.counts([99: 70]), brand: 1, connection)
                #expect(Self.events(try await watch.pass(.told, on: connection)).isEmpty)
                #expect(Self.events(try await watch.pass(.told, on: connection)) == ["brand1:99"])
                #expect(Self.events(try await watch.pass(.quiet, on: connection)).isEmpty)
            }
        }

        /// The first hour of a wave that comes late moves the signal and is not told of again; mentions that leave take it
        /// back.
        @Test func lateMentionsMoveASignal() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                let watch = SignalWatch(owner: "a")
                try await Self.write(Self.counts([60: 40]), brand: 1, connection)
                _ = try await watch.pass(.told, on: connection)
                try await Self.write([490_057: 30], brand: 1, connection)
                #expect(Self.events(try await watch.pass(.told, on: connection)).isEmpty)
                #expect(try await Self.hours(connection) == ["1:57"])
                try await Self.write([490_057: -30, 490_060: -40], brand: 1, connection)
                #expect(Self.events(try await watch.pass(.told, on: connection)).isEmpty)
                #expect(try await Self.hours(connection).isEmpty)
            }
        }

        /// In whatever order and however many hours at a time, the same signals are stored in the end.
        @Test func theOrderOfArrivalDoesNotMatter() async throws {
            var random = SeededGenerator(seed: 5)
            for round in 0..<3 {
                try await TestDatabase.with { _, connection in
                    try await TestFarm.prepare(connection)
                    let watch = SignalWatch(owner: "a", brands: round == 1 ? 1 : 100, hours: round == 2 ? 7 : 4_380)
                    var parts: [(Int32, Int32, Int32)] = []
                    for brand in 1...3 as ClosedRange<Int32> {
                        for (hour, count) in Self.counts([30: 40, 33: 40, 50: 20, 80: 90]) {
                            parts.append((brand, hour, count / 2))
                            parts.append((brand, hour, count - count / 2))
                        }
                    }
                    for (place, part) in parts.shuffled(using: &random).enumerated() {
                        try await Self.write([part.1: part.2], brand: part.0, connection)
                        if place % 97 == 0 { _ = try await watch.pass(.told, on: connection) }
                    }
                    var mode = SignalWatch.Mode.quiet
                    var passes = 0
                    while case .judged(_, _, true) = try await watch.pass(mode, on: connection), passes < 500 {
                        mode = .again
                        passes += 1
                    }
                    #expect(passes < 500)
                    let one = ["1:30", "1:50", "1:80"]
                    #expect(
                        try await Self.hours(connection)
                            == one + one.map { "2" + $0.dropFirst() } + one.map { "3" + $0.dropFirst() }
                    )
                    #expect(try await connection.number("SELECT count(*) FROM signal_due") == 0)
                }
            }
        }

        @Test func oneWorkerAtATime() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                let other = try await database.connect()
                try await Self.write(Self.counts([60: 40]), brand: 1, connection)
                _ = try await other.run("BEGIN")
                _ = try await other.run("SELECT hold_lease('signals', 'b', 30)")
                #expect(try await SignalWatch(owner: "a").pass(.told, on: connection) == .heldByAnother)
                _ = try await other.run("COMMIT")
                #expect(try await SignalWatch(owner: "a").pass(.told, on: connection) == .heldByAnother)
                try await SignalWatch(owner: "b").release(on: other)
                #expect(Self.events(try await SignalWatch(owner: "a").pass(.told, on: connection)) == ["brand1:60"])
                await other.close()
            }
        }

        /// With an outbox an event is one row of it, in the same transaction; JSON as the contract has it.
        @Test func publishesThroughTheOutbox() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                _ = try await connection.run(
                    """
                    CREATE TABLE IF NOT EXISTS mention_store.outbox (
                        outbox_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL,
                        payload bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now())
                    """
                )
                _ = try await connection.run("UPDATE brand SET name = E'a \"b\" \\\\ ü' WHERE brand_no = 1")
                try await Self.write(Self.counts([60: 40]), brand: 1, connection)
                _ = try await SignalWatch(owner: "a").pass(.told, on: connection)
                let row = try await connection.run(
                    "SELECT key, convert_from(payload, 'UTF8')::jsonb - 'action_id' - 'z' FROM outbox"
                )
                #expect(row.rowCount == 1 && row.string(0, 0) == "signal:a \"b\" \\ ü")
                #expect(
                    row.string(0, 1) == """
                        {"kind": "signal", "brand": "a \\"b\\" \\\\ ü", "value": 43, "signal": "negative_spike", \
                        "baseline": 3, "window_end": "2025-11-27T05:00:00Z", "window_start": "2025-11-27T04:00:00Z"}
                        """
                )
            }
        }

        @Test func settingsAreKept() async throws {
            try await TestDatabase.with { _, connection in
                #expect(try await SignalReading.setting(on: connection) == .standard)
                let other = SpikeSetting(threshold: 7.5, minimum: 50, coolDown: 12, baseline: 336)
                try await SignalReading.set(other, on: connection)
                #expect(try await SignalReading.setting(on: connection) == other)
                try await TestFarm.prepare(connection)
                try await Self.write(Self.counts([60: 40]), brand: 1, connection)
                _ = try await SignalWatch(owner: "a").pass(.told, on: connection)
                #expect(try await Self.hours(connection).isEmpty)
            }
        }
    }
}
