import MentionModel
import PostgresClient

/// What letters would come to, without writing anything: what a rehearsal says.
///
/// It counts as a real run would, letters of earlier groups included; only workers may change what comes of it.
struct RedriveForecast {
    private struct Body: Hashable {
        var mention: UInt64
        var hash: UInt64
    }

    private var mentions: Set<UInt64> = []
    private var bodies: Set<Body> = []

    /// - Parameter letters: in the order of arrival.
    mutating func outcomes(
        of letters: [ReadableLetter],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [RedriveOutcome] {
        let events = letters.compactMap { letter in letter.chunk.mentions.first.map { ($0.event, letter.chunk.arena) } }
        let rows = try await connection.query(
            PostgresStatement(
                "look for bodies",
                """
                SELECT k.place, i.body_hash = k.hash OR EXISTS (
                           SELECT FROM mention_body b WHERE b.mention_no = i.mention_no AND b.body_hash = k.hash)
                FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS k (source, native_id, hash, place)
                JOIN source s ON s.name = k.source
                JOIN mention_identity i ON i.source_no = s.source_no AND i.native_id = k.native_id
                """,
                [
                    .textArray(events.map { $1.string($0.source) }), .textArray(events.map { $1.string($0.id) }),
                    .int8Array(events.map { Int64(bitPattern: $0.0.bodyHash) }),
                ]
            ),
            timeout: DeadLetterReading.timeout
        )
        var isKnown: [Int: Bool] = [:]
        for row in 0..<rows.rowCount {
            if let place = rows.int8(row, 0) { isKnown[Int(place) - 1] = rows.bool(row, 1) ?? false }
        }
        return events.enumerated().map { index, event in
            let mention = Self.hash(event.0, event.1)
            let isFirst = mentions.insert(mention).inserted
            let isFirstBody = bodies.insert(Body(mention: mention, hash: event.0.bodyHash)).inserted
            guard isFirstBody, isKnown[index] != true else { return .redelivered }
            return isFirst && isKnown[index] == nil ? .new : .revision
        }
    }

    private static func hash(_ event: MentionEvent, _ arena: ByteArena) -> UInt64 {
        var hash = XXH64.Stream(seed: 0)
        for field in [event.source, event.id] {
            arena.withField(field) { bytes in
                var length = UInt64(bytes?.count ?? 0)
                withUnsafeBytes(of: &length) { hash.update($0) }
                if let bytes { hash.update(UnsafeRawBufferPointer(bytes)) }
            }
        }
        return hash.finish()
    }
}
