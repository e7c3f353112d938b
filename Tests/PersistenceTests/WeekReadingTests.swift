@testable import Persistence
import PostgresClient
import Reporting
import Testing

extension DatabaseTests {
    @Suite struct WeekReadingTests {
        private static let hour: Int64 = 3_600

        /// A farm of two weeks: 2026-W02 begins on January 5th, four days after the drafts' second 0.
        private static func prepare(_ connection: PostgresConnection) async throws {
            try await TestFarm.prepare(connection)
            _ = try await connection.run("UPDATE brand SET registered = true WHERE brand_no <= 2")
            var farm = try await TestFarm(connection, partition: 0)
            let monday = 4 * 24 * hour
            try await farm.write(new: [
                Draft(id: 1, author: 1, second: monday - 1, hash: 1, sentiment: 1, brands: [1]),
                Draft(id: 2, author: 1, second: monday, hash: 2, sentiment: 1, brands: [1, 2], text: "longer wings"),
                Draft(id: 3, author: 4, second: monday + 5 * hour, hash: 3, sentiment: -1, brands: [1], text: "one"),
                Draft(id: 4, author: 7, second: monday + 30 * hour, hash: 3, sentiment: -1, brands: [1], text: "one"),
                Draft(id: 5, author: 4, second: monday + 31 * hour, hash: 3, sentiment: -1, brands: [1], text: "One"),
                Draft(id: 6, source: 2, author: 2, second: monday + 167 * hour, hash: 6, sentiment: nil, brands: [1]),
                Draft(id: 7, author: 1, second: monday + 168 * hour, hash: 7, sentiment: 1, brands: [1]),
                Draft(id: 8, source: 3, author: 3, second: monday + 9 * hour, hash: 8, sentiment: 0, brands: [2]),
                Draft(id: 9, source: 3, author: 3, second: monday + 9 * hour, hash: 9, sentiment: 0, brands: [3]),
            ])
            try await finish(Relating(owner: "a", copyMemory: 0), connection)
        }

        private static func read(_ brand: String, _ connection: PostgresConnection) async throws -> WeekReport {
            let week = try #require(ISOWeek("2026-W02"))
            return try await WeekReading.read(brand, week, madeAt: ReportTime(microseconds: 0), on: connection)
        }

        @Test func countsTheWeekAndTheOneBefore() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.prepare(connection)
                let report = try await Self.read("brand1", connection)
                #expect(report.totals == .init(mentions: 5, positive: 1, neutral: 0, negative: 3, unknown: 1))
                #expect(report.before == .init(mentions: 1, positive: 1))
                #expect(report.authors == 4 && report.authorsBefore == 1)
                #expect(report.days.map(\.mentions) == [2, 2, 0, 0, 0, 0, 1])
                #expect(report.negativeByHour.enumerated().filter { $1 > 0 }.map(\.offset) == [5, 30, 31])
                #expect(report.sources.map(\.name) == ["twitter", "reddit"])
                #expect(
                    report.sources.map(\.totals.mentions) == [4, 1] && report.sources.map(\.before.mentions) == [1, 0]
                )
                #expect(Set(report.labels.map(\.name)) == ["complaint", "suggestion", "praise"])
                #expect(report.labels.allSatisfy { $0.totals.mentions == 5 && $0.before.mentions == 1 })
                #expect(report.voices.map(\.name) == ["brand1", "brand2"])
                #expect(report.voices.map(\.totals.mentions) == [5, 2])
                #expect(report.models == ["test-1"])
            }
        }

        @Test func foldsWishesAndCopies() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.prepare(connection)
                let report = try await Self.read("brand1", connection)
                #expect(report.wishCount == 3 && report.isRelated)
                let first = try #require(report.wishes.first)
                #expect(first.mentions == 3 && first.authors == 2 && first.reach == 200 && first.nativeID == "m3")
                #expect(report.clusters.map(\.mentions) == [3] && report.clusters.map(\.authors) == [2])
                #expect(report.clusters.first?.clusterID == first.clusterID)
                // As the view has it, of all time.
                let view = try await connection.run(
                    """
                    SELECT cluster_id, mentions, authors, reach, text, echo FROM mention_farm.wish
                    WHERE brand = 'brand1' ORDER BY mentions DESC, first_at
                    """
                )
                #expect(view.rowCount == 5 && view.string(0, 0) == first.clusterID && view.int8(0, 1) == 3)
                #expect(view.int8(0, 2) == 2 && view.int8(0, 3) == 200 && view.string(0, 4) == "one")
                #expect(view.int8(0, 5) == 15)
            }
        }

        @Test func namesPeopleExamplesAndSignals() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.prepare(connection)
                let week = try #require(ISOWeek("2026-W02"))
                _ = try await connection.run(
                    """
                    INSERT INTO signal (brand_no, signal, hour, value, baseline, z)
                    VALUES (1, 'negative_spike', $1, 1, 0, 9), (1, 'negative_spike', $1 - 1, 1, 0, 9)
                    """,
                    [.int4(week.firstHour)]
                )
                let report = try await Self.read("brand1", connection)
                #expect(report.signals.map(\.windowStart) == [ReportTime(hour: week.firstHour)])
                #expect(report.unjudgedFrom == ReportTime(hour: week.firstHour + 5))
                #expect(report.praised.map(\.text) == ["longer wings"] && report.praised.first?.author == "handle1")
                #expect(report.blamed.count == 2, "an author's own copies are one")
                let page = TerminalPage(report).text
                #expect(page.contains("5 mentions by 4 authors, 5.0 times as many as the week before (1)."))
                #expect(page.contains("“longer wings”"))
            }
        }

        @Test func brandsThatAreNotThere() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.prepare(connection)
                await #expect(throws: WeekReading.UnknownBrand.self) { try await Self.read("nobody", connection) }
                // The connection is left as it was.
                #expect(try await Self.read("brand5", connection).totals.mentions == 0)
                #expect(try await Self.read("brand3", connection).voices.isEmpty, "it is not registered")
            }
        }
    }
}
