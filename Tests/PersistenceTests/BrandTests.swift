import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct BrandTests {
        @Test func keepsACatalogueWithVersions() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                let start = try await BrandCatalogue.version(connection)
                #expect(try await BrandCatalogue.load(connection).brands.isEmpty)
                let acme = BrandSpecification(
                    name: "Acme",
                    aliases: ["ACME Corp", "Acme Inc"],
                    handles: ["acme"],
                    excluded: ["acme of perfection"],
                    ownAccounts: ["twitter:acme"]
                )
                #expect(try await BrandCatalogue.set([acme], on: connection) == start + 1)
                // An event's brand becomes a registered one and keeps its number.
                #expect(try await BrandCatalogue.set([BrandSpecification(name: "brand3")], on: connection) == start + 2)
                let (version, brands) = try await BrandCatalogue.load(connection)
                #expect(version == start + 2)
                #expect(brands.map(\.specification) == [acme, BrandSpecification(name: "brand3")])
                #expect(brands.last?.number == 3)
                // Terms are replaced whole.
                var plain = acme
                plain.aliases = ["Acme"]
                plain.handles = []
                try await BrandCatalogue.set([acme, plain], on: connection)
                #expect(try await BrandCatalogue.load(connection).brands.first?.specification == plain)
                #expect(try await BrandCatalogue.remove(["Acme", "nobody"], on: connection) == 1)
                #expect(try await BrandCatalogue.version(connection) == start + 4)
                #expect(try await BrandCatalogue.remove(["Acme"], on: connection) == 0)
                #expect(try await BrandCatalogue.version(connection) == start + 4)
                #expect(try await BrandCatalogue.load(connection).brands.map(\.name) == ["brand3"])
            }
        }

        @Test func importsTenThousandAtOnce() async throws {
            let lines = (0..<10_000).map { #"{"name": "Brand \#($0)", "aliases": ["B\#($0)", "The \#($0)"]}"# }
            let brands = try BrandSpecification.read(jsonLines: lines.joined(separator: "\n") + "\n\n")
            try await TestDatabase.with { _, connection in
                try await BrandCatalogue.set(brands, on: connection)
                #expect(try await BrandCatalogue.load(connection).brands.count == 10_000)
                #expect(try await connection.number("SELECT count(*) FROM brand_term") == 20_000)
            }
        }

        @Test func saysWhichLineOfAnImportIsWrong() {
            #expect(throws: BrandImportError.self) { try BrandSpecification.read(jsonLines: #"{"aliases": []}"#) }
            let long = String(repeating: "x", count: 129)
            do throws(BrandImportError) {
                _ = try BrandSpecification.read(jsonLines: "{\"name\": \"a\"}\n\n{\"name\": \"\(long)\"}")
                Issue.record("a name of 129 bytes was taken")
            } catch {
                #expect(error.line == 3)
                #expect(!error.description.contains("xxx"))
            }
        }

        /// Brands by the words of the text: everything that is summed follows.
        @Test func rematchesStoredMentions() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                var drafts: [Draft] = []
                for id in 0..<60 {
                    var draft = Draft(
                        id: id,
                        author: Int64(1 + 3 * (id % 3)),
                        second: Int64(id) * 7_000,
                        hash: Int64(id % 20)
                    )
                    draft.sentiment = Int16(id % 3) - 1
                    draft.brands = id % 2 == 0 ? [1] : [1, 2]
                    draft.text = ["one two", "two three", "none"][id % 3]
                    draft.isMatched = id % 5 != 0
                    drafts.append(draft)
                }
                try await farm.write(new: drafts)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                let version = try await BrandCatalogue.set([BrandSpecification(name: "brand2")], on: connection)
                let match: @Sendable (String, String?) -> [Int32] = { text, _ in
                    (text.contains("two") ? [2] : []) + (text.contains("three") ? [3] : [])
                }
                let done = try await Rematch(version: version, batch: 7, match: match).run(on: connection)
                #expect(done.read == 48)
                #expect(done.changed == 48)
                try await expectVerified(connection, "before the background step")
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await expectVerified(connection, "after it")
                let counts =
                    "SELECT brands::text || ' ' || count(*) FROM mention_farm.mention GROUP BY brands"
                #expect(
                    try await Set(connection.strings(counts)) == [
                        "{} 16", "{brand1,brand2} 6", "{brand1} 6", "{brand2,brand3} 16", "{brand2} 16",
                    ]
                )
                // Nothing is left to do, and a newer version makes an old run stop.
                #expect(try await Rematch(version: version, match: match).run(on: connection).read == 0)
                try await BrandCatalogue.set([BrandSpecification(name: "brand4")], on: connection)
                await #expect(throws: Rematch.Superseded.self) {
                    try await Rematch(version: version, match: match).run(on: connection)
                }
            }
        }
    }
}
