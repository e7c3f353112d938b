import MentionModel
import PostgresClient

/// What must not come back, as a worker holds it: a keyed 64-bit hash of each, sorted. Eight bytes each.
///
/// A hash that is found makes a record a suspect; the database decides by the hash that is kept for good.
struct ForgottenSet: Sendable {
    /// What ``check`` answers when something was forgotten since.
    static let sqlState = "MF004"

    /// What is forgotten.
    enum Kind: String, Sendable {
        case mention, author, brand
    }

    let version: Int64
    let seed: UInt64
    private let hashes: [Int64]

    init(version: Int64, seed: UInt64, hashes: [Int64]) {
        self.version = version
        self.seed = seed
        self.hashes = hashes.sorted()
    }

    var isEmpty: Bool { hashes.isEmpty }

    /// Refuses the transaction unless this is all that was forgotten.
    var check: PostgresStatement {
        PostgresStatement("check forgotten", "SELECT check_forgotten($1)", [.int8(version)])
    }

    static func load(
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> ForgottenSet {
        let rows = try await connection.query(
            PostgresStatement(
                "read forgotten",
                "SELECT version, quick_seed, ARRAY(SELECT quick_hash FROM forgotten) FROM forget_mark"
            ),
            timeout: timeout
        )
        guard let version = rows.int8(0, 0), let seed = rows.int8(0, 1) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "the table forget_mark has lost its row",
                statement: "read forgotten"
            )
        }
        return ForgottenSet(
            version: version,
            seed: UInt64(bitPattern: seed),
            hashes: rows.int8Array(0, 2)?.compactMap { $0 } ?? []
        )
    }

    // MARK: Hashes

    /// O(length), no allocation.
    static func quickHash(
        _ kind: Kind,
        source: UnsafeRawBufferPointer,
        id: UnsafeRawBufferPointer,
        seed: UInt64
    ) -> Int64 {
        var hash = XXH64.Stream(seed: seed &+ (kind == .mention ? 0 : kind == .author ? 1 : 2))
        hash.update(source)
        withUnsafeBytes(of: UInt8(31)) { hash.update($0) }
        hash.update(id)
        return Int64(bitPattern: hash.finish())
    }

    static func quickHash(_ kind: Kind, source: String, id: String, seed: UInt64) -> Int64 {
        Array(source.utf8).withUnsafeBytes { source in
            Array(id.utf8).withUnsafeBytes { quickHash(kind, source: source, id: $0, seed: seed) }
        }
    }

    private func holds(_ kind: Kind, source: ByteRange, id: ByteRange, in arena: ByteArena) -> Bool {
        let hash = arena.withField(source) { source in
            arena.withField(id) { id in
                Self.quickHash(
                    kind,
                    source: UnsafeRawBufferPointer(source ?? .init(start: nil, count: 0)),
                    id: UnsafeRawBufferPointer(id ?? .init(start: nil, count: 0)),
                    seed: seed
                )
            }
        }
        return contains(hash)
    }

    func contains(_ hash: Int64) -> Bool {
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < hashes.count && hashes[low] == hash
    }

    // MARK: Suspects

    /// Records and brands that may be of what was forgotten.
    struct Suspects: Sendable {
        var indices: [Int] = []
        var sources: [String] = []
        var ids: [String] = []
        var authors: [String] = []
        var brands: Set<ExactName> = []

        var isEmpty: Bool { indices.isEmpty && brands.isEmpty }

        /// Those that are: places of mentions, and brands.
        func convicted(
            on connection: PostgresConnection,
            timeout: Duration
        ) async throws(PostgresError) -> (mentions: Set<Int>, brands: Set<ExactName>) {
            let named = Array(brands)
            let answers = try await connection.pipeline(
                [
                    PostgresStatement(
                        "look for forgotten mentions",
                        """
                        SELECT u.place FROM unnest($1::text[], $2::text[], $3::text[])
                            WITH ORDINALITY AS u (source, id, author, place)
                        WHERE EXISTS (SELECT FROM forgotten f WHERE f.hash = forget_hash('mention', u.source, u.id))
                           OR EXISTS (SELECT FROM forgotten f WHERE f.hash = forget_hash('author', u.source, u.author))
                        """,
                        [.textArray(sources), .textArray(ids), .textArray(authors)]
                    ),
                    PostgresStatement(
                        "look for forgotten brands",
                        """
                        SELECT u.place FROM unnest($1::text[]) WITH ORDINALITY AS u (name, place)
                        WHERE EXISTS (SELECT FROM forgotten f WHERE f.hash = forget_hash('brand', '', u.name))
                        """,
                        [.textArray(named.map(\.text))]
                    ),
                ],
                timeout: timeout
            )
            func places(_ rows: PostgresResult?, of count: Int) -> [Int] {
                guard let rows else { return [] }
                return (0..<rows.rowCount).compactMap { rows.int8($0, 0).map { Int($0) - 1 } }
                    .filter { $0 >= 0 && $0 < count }
            }
            return (
                Set(places(answers.first, of: indices.count).map { indices[$0] }),
                Set(places(answers.last, of: named.count).map { named[$0] })
            )
        }
    }

    func suspects(_ mentions: [Incoming]) -> Suspects {
        var suspects = Suspects()
        for (index, incoming) in mentions.enumerated() {
            let event = incoming.event
            let arena = incoming.chunk.arena
            if holds(.mention, source: event.source, id: event.id, in: arena)
                || holds(.author, source: event.source, id: event.authorKey, in: arena)
            {
                suspects.indices.append(index)
                suspects.sources.append(arena.string(event.source) ?? "")
                suspects.ids.append(arena.string(event.id) ?? "")
                suspects.authors.append(arena.string(event.authorKey) ?? "")
            }
            for range in event.brands ?? [] {
                let name = arena.string(range) ?? ""
                if contains(Self.quickHash(.brand, source: "", id: name, seed: seed)) {
                    suspects.brands.insert(ExactName(name))
                }
            }
        }
        return suspects
    }
}
