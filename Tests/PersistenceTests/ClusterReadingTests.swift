import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// What `mention-admin clusters` reads.
    @Suite struct ClusterReadingTests {
        private static let day: Int64 = 86_400

        /// Texts 1 and 2 are near each other; text 5 was copied more, two days before.
        private static func fill(_ connection: PostgresConnection) async throws {
            try await TestFarm.prepare(connection)
            var farm = try await TestFarm(connection, partition: 0)
            let old = (50..<55).map { Draft(id: $0, second: Int64($0), hash: 5, brands: [2], text: "text five") }
            let new = [
                Draft(id: 3, source: 2, author: 2, second: 2 * day + 9, hash: 1, text: "Text  one"),
                Draft(id: 1, second: 2 * day, hash: 1, brands: [1], text: "text one"),
                Draft(id: 2, author: 4, second: 2 * day + 3_600, hash: 2, text: "text two"),
                Draft(id: 4, author: 7, second: 2 * day + 7_200, hash: 2, text: "text two"),
            ]
            try await farm.write(new: old + new + [Draft(id: 90, second: 2 * day + 7_300, hash: 90)])
            try await finish(Relating(owner: "a", copyMemory: 0), connection)
        }

        private static func merge(_ connection: PostgresConnection) async throws {
            _ = try await connection.run("INSERT INTO near_found VALUES (2, 1, 8512)")
            try await finish(Relating(owner: "a", copyMemory: 0), connection)
        }

        private static func id(_ nativeID: String, _ connection: PostgresConnection) async throws -> String {
            let id = try await connection.strings(
                "SELECT cluster_id FROM mention_farm.mention WHERE native_id = $1",
                [.text(nativeID)]
            )
            return try #require(id.first)
        }

        @Test func listsBySizeAndGrowth() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.fill(connection)
                try await Self.merge(connection)
                func largest(brand: String? = nil, since: Int64? = nil, limit: Int32 = 9) async throws -> [String] {
                    let choice = ClusterReading.Choice(brand: brand, since: since, limit: limit)
                    return try await ClusterReading.largest(choice, on: connection).map(\.nativeID)
                }
                #expect(try await largest() == ["m50", "m1"])
                #expect(try await largest(limit: 1) == ["m50"])
                #expect(try await largest(brand: "brand1", limit: 1) == ["m1"])
                #expect(try await largest(brand: "brand2") == ["m50"])
                #expect(try await largest(brand: "nobody") == [])
                let start = Draft(id: 0, second: Self.day, hash: 0).publishedAt.microseconds
                #expect(try await largest(since: start) == ["m1"])

                func growing(_ hours: Double, brand: String? = nil) async throws -> [String] {
                    try await ClusterReading.fastestGrowing(
                        .init(brand: brand, limit: 9),
                        within: hours * 3_600,
                        on: connection
                    ).map { "\($0.nativeID) \($0.grown ?? -1)" }
                }
                // The newest mention is in no cluster, 100 s behind the last member.
                #expect(try await growing(0.01) == [])
                #expect(try await growing(1) == ["m1 1"])
                #expect(try await growing(2) == ["m1 2"])
                #expect(try await growing(24) == ["m1 4"])
                #expect(try await growing(72) == ["m50 5", "m1 4"])
                #expect(try await growing(72, brand: "brand1") == ["m1 4"])

                let row = try #require(
                    try await ClusterReading.largest(.init(brand: "brand1", limit: 1), on: connection).first
                )
                #expect(row.size == 4 && row.authors == 4 && row.texts == 2 && row.brands == ["brand1"])
                #expect(row.grown == nil && row.source == "twitter")
            }
        }

        @Test func showsOneWithItsMentions() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.fill(connection)
                let second = try await Self.id("m2", connection)
                try await Self.merge(connection)
                let first = try await Self.id("m1", connection)
                #expect(try await Self.id("m2", connection) == first)

                guard case .found(let detail) = try await ClusterLookup.run(first, limit: 9, on: connection) else {
                    Issue.record("not found")
                    return
                }
                #expect(
                    detail.cluster
                        == (try await ClusterReading.largest(.init(brand: "brand1", limit: 1), on: connection).first)
                )
                #expect(detail.members.map(\.nativeID) == ["m1", "m3", "m2", "m4"])
                #expect(detail.members.map(\.tier) == [.canonical, .sameText, .near, .near])
                #expect(detail.members.map(\.jaccard) == [nil, nil, 8_512, 8_512])
                #expect(detail.members.map(\.author) == ["handle1", "handle2", "handle4", "handle7"])
                #expect(detail.members.map(\.text) == ["text one", "Text  one", "text two", "text two"])
                #expect(detail.members[1].source == "reddit")

                guard case .found(let part) = try await ClusterLookup.run(first, limit: 2, on: connection) else {
                    Issue.record("not found")
                    return
                }
                #expect(part.members.map(\.nativeID) == ["m1", "m3"] && part.cluster.size == 4)

                #expect(try await ClusterLookup.run(second, limit: 9, on: connection) == .merged(into: first))
                let lone = try await Self.id("m90", connection)
                for id in [lone, "", "nothing", String(repeating: "0", count: 16)] {
                    #expect(try await ClusterLookup.run(id, limit: 9, on: connection) == .unknown)
                }
            }
        }

        @Test func tellsHowCopiesStand() async throws {
            try await TestDatabase.with { _, connection in
                let fresh = try #require(try await CopyReading.standing(connection))
                #expect(fresh.setting == CopySetting(threshold: 8_000, window: 604_800))
                #expect(fresh.escapes.isEmpty && fresh.debtFrom == nil && fresh.reconciledAt == nil)
                _ = try await connection.run(
                    "INSERT INTO copy_escape VALUES ('evicted', 7), ('crowded', 3), ('uncompared', 0)"
                )
                _ = try await connection.run("UPDATE copy_debt SET from_at = to_timestamp(1), to_at = to_timestamp(2)")
                let standing = try #require(try await CopyReading.standing(connection))
                #expect(standing.escapes == [.init(cause: "crowded", texts: 3), .init(cause: "evicted", texts: 7)])
                #expect(standing.debtFrom == 1_000_000 && standing.debtTo == 2_000_000)
            }
        }
    }
}
