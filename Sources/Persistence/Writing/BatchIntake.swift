import Advocacy
import Copies
import MentionModel
import Pipeline
import PostgresClient

/// A record of the batch that becomes a dead letter.
struct RejectedRow: Sendable {
    var position: KafkaPosition
    var step: Int
    var record: PreparedRecord
    var chunk: PreparedChunk
    var rejection: Rejection
}

/// A mention that stands in the database, locked.
struct StandingMention: Sendable {
    var number: Int64
    var version: VersionKey
    var publishedAt: Timestamp
    var author: Int64
    var counts: MentionCounts
    var followers: Int64?
    var sentiment: Int16?
    var score: Int16
    var labels: HourLabels
    var source: Int32
    var textHash: Int64
    var position: KafkaPosition
    var brands: [Int32]
    var inReplyTo: String?
    var repostOf: String?
    var conversation: String?
    /// Whether it is spam or abuse, which counts for nothing in a score.
    var isSetAside: Bool
}

/// A body of a mention beyond the first that the database may not have seen.
struct FurtherBody: Hashable, Sendable {
    var number: Int64
    var bodyHash: Int64
}

/// What a batch brings, and what the database said of it so far: filled in trip by trip.
struct BatchIntake {
    let batch: Batch
    private(set) var mentions: [Incoming] = []
    private(set) var deadLetters: [RejectedRow] = []
    /// Near texts that were found for mentions of the batch, refused ones too: it is the texts that are near.
    private(set) var nearTexts: [NearTexts] = []
    /// How many of these came with each step.
    private(set) var nearCounts: [Int]
    var authors = AuthorBook()
    /// The place of each incoming record's author in ``authors``.
    private(set) var authorPlaces: [Int] = []
    /// Numbers of the brands that events of this batch name.
    private(set) var brandNumbers: [ExactName: Int32] = [:]
    /// The same for names that come again and again.
    private var brandMemo = NameMemo()
    private(set) var groups: [IdentityGroup] = []
    /// Indices of the groups in the order of arrival of their first records.
    private(set) var arrival: [Int] = []
    /// The body that came first, of the mentions that were there before the batch.
    private(set) var firstBodies: [Int64: Int64] = [:]
    private(set) var standing: [Int64: StandingMention] = [:]
    private(set) var newBodies: Set<FurtherBody> = []
    private(set) var lastNumber: Int64 = 0
    /// How many records of each step are of what was forgotten: they count as re-deliveries.
    private(set) var refusedCounts: [Int]
    /// Brands that were forgotten and that events name.
    private(set) var forgottenBrands: Set<ExactName> = []
    private let topic: Int32

    init(_ batch: Batch, topic: Int32) {
        self.batch = batch
        self.topic = topic
        nearCounts = [Int](repeating: 0, count: batch.steps.count)
        refusedCounts = nearCounts
        mentions.reserveCapacity(batch.count)
        for (index, step) in batch.steps.enumerated() {
            for slice in step.slices {
                for record in slice.chunk.records[slice.range] {
                    let position = KafkaPosition(
                        topic: topic,
                        incarnation: step.incarnation,
                        partition: step.partition,
                        offset: record.offset
                    )
                    take(record, slice, step: index, position)
                }
            }
        }
    }

    private mutating func take(_ record: PreparedRecord, _ slice: ChunkSlice, step: Int, _ position: KafkaPosition) {
        if case .mention(let index) = record.outcome {
            if !slice.chunk.mentions[index].nearTexts.isEmpty {
                nearTexts += slice.chunk.mentions[index].nearTexts
                nearCounts[step] += slice.chunk.mentions[index].nearTexts.count
            }
            if slice.refusal == nil {
                mentions.append(Incoming(chunk: slice.chunk, mention: index, step: step, position: position))
                return
            }
        }
        switch (record.outcome, slice.refusal) {
        case (.rejected(let rejection), _), (.mention, .some(let rejection)):
            deadLetters.append(
                RejectedRow(
                    position: position,
                    step: step,
                    record: record,
                    chunk: slice.chunk,
                    rejection: rejection
                )
            )
        case (.mention, nil):
            break
        }
    }

    // MARK: Forgetting

    /// Leaves out mentions that must not come back, and brands. A mention that names forgotten brands alone goes, too.
    mutating func refuse(_ refused: Set<Int>, brands: Set<ExactName>) {
        forgottenBrands = brands
        var kept: [Incoming] = []
        kept.reserveCapacity(mentions.count)
        for (index, incoming) in mentions.enumerated() {
            guard refused.contains(index) || namesForgottenAlone(incoming) else {
                kept.append(incoming)
                continue
            }
            refusedCounts[incoming.step] += 1
            // Of the text nothing is kept, not even what it is near to.
            for pair in incoming.chunk.mentions[incoming.mention].nearTexts {
                if let place = nearTexts.firstIndex(of: pair) { nearTexts.remove(at: place) }
            }
        }
        mentions = kept
    }

    private func namesForgottenAlone(_ incoming: Incoming) -> Bool {
        guard !forgottenBrands.isEmpty, let named = incoming.event.brands, !named.isEmpty else { return false }
        return named.allSatisfy { forgottenBrands.contains(ExactName(incoming.chunk.arena.string($0) ?? "")) }
    }

    // MARK: Names

    /// Names of sources and brands that the caches don't know, sorted.
    mutating func names(
        sources: inout BoundedCache<ExactName, Int32>,
        brands: inout BoundedCache<ExactName, Int32>
    ) -> (sources: [String], brands: [String]) {
        var unknownSources: Set<ExactName> = []
        var unknownBrands: Set<ExactName> = []
        var sourceMemo = NameMemo()
        for index in mentions.indices {
            let chunk = mentions[index].chunk
            let range = mentions[index].event.source
            if let number = sourceMemo.number(of: range, in: chunk.arena) {
                mentions[index].source = number
            } else {
                let source = ExactName(chunk.arena.string(range) ?? "")
                if let number = sources.value(for: source) {
                    mentions[index].source = number
                    sourceMemo.learn(range, in: chunk.arena, number)
                } else {
                    unknownSources.insert(source)
                }
            }
            guard let named = mentions[index].event.brands else { continue }
            for range in named where brandMemo.number(of: range, in: chunk.arena) == nil {
                let name = ExactName(chunk.arena.string(range) ?? "")
                if forgottenBrands.contains(name) { continue }
                if let number = brandNumbers[name] ?? brands.value(for: name) {
                    brandNumbers[name] = number
                    brandMemo.learn(range, in: chunk.arena, number)
                } else {
                    unknownBrands.insert(name)
                }
            }
        }
        return (unknownSources.sorted().map(\.text), unknownBrands.sorted().map(\.text))
    }

    /// The numbers of the brands that an event names, ascending, without those that were forgotten; nil where one has
    /// none, though all were inserted.
    func numbers(ofBrands named: [ByteRange], in arena: ByteArena) -> [Int32]? {
        var numbers: [Int32] = []
        numbers.reserveCapacity(named.count)
        for range in named {
            if let number = brandMemo.number(of: range, in: arena) {
                numbers.append(number)
                continue
            }
            let name = ExactName(arena.string(range) ?? "")
            if forgottenBrands.contains(name) { continue }
            guard let number = brandNumbers[name] else { return nil }
            numbers.append(number)
        }
        if numbers.count > 1 { numbers.sort() }
        return numbers
    }

    /// Takes in the numbers of the names that were missing.
    mutating func resolve(newSources: [ExactName: Int32], newBrands: [ExactName: Int32]) throws(PostgresError) {
        brandNumbers.merge(newBrands) { _, new in new }
        for index in mentions.indices where mentions[index].source == 0 {
            let name = mentions[index].chunk.arena.string(mentions[index].event.source) ?? ""
            guard let number = newSources[ExactName(name)] else {
                throw PostgresError(
                    kind: .protocolViolation,
                    message: "a source has no number after it was inserted",
                    statement: "read source names"
                )
            }
            mentions[index].source = number
        }
    }

    /// Collects the authors; needs the sources' numbers.
    mutating func readAuthors(cache: inout BoundedCache<AuthorKey, KnownAuthor>) {
        authorPlaces.reserveCapacity(mentions.count)
        authors.reserve(mentions.count)
        for index in mentions.indices {
            let source = mentions[index].source
            let arena = mentions[index].chunk.arena
            authorPlaces.append(authors.add(mentions[index].event, arena: arena, source: source, cache: &cache))
        }
    }

    // MARK: Identities

    /// Groups the records by mention.
    mutating func group() { groups = IdentityGrouping.groups(mentions) }

    /// Gives each group a number, in order of arrival.
    mutating func number(blocks: [Int64]) {
        var firsts = [Int](repeating: -1, count: mentions.count)
        for index in groups.indices { firsts[groups[index].first] = index }
        arrival = firsts.filter { $0 >= 0 }
        for (place, index) in arrival.enumerated() where place / 256 < blocks.count {
            groups[index].number = blocks[place / 256] + Int64(place % 256)
            lastNumber = max(lastNumber, groups[index].number)
        }
    }

    /// The answer to the look-up of all groups: those that are there, with their number and first body.
    mutating func markStored(_ identities: PostgresResult) {
        for index in groups.indices { groups[index].isNew = true }
        for row in 0..<identities.rowCount {
            guard let place = identities.int8(row, 0), place >= 1, place <= groups.count,
                let number = identities.int8(row, 1), let first = identities.int8(row, 2)
            else { continue }
            groups[Int(place) - 1].isNew = false
            groups[Int(place) - 1].number = number
            firstBodies[number] = first
        }
    }

    /// The answer to the insertion of identities: the numbers that are new.
    mutating func markNew(_ result: PostgresResult) {
        // They come in the order in which they were sent, which nothing promises: where they don't, they are looked for.
        var row = 0
        for index in groups.indices {
            groups[index].isNew = row < result.rowCount && result.int8(row, 0) == groups[index].number
            if groups[index].isNew { row += 1 }
        }
        guard row < result.rowCount else { return }
        var numbers = Set<Int64>(minimumCapacity: result.rowCount)
        for row in 0..<result.rowCount {
            if let number = result.int8(row, 0) { numbers.insert(number) }
        }
        for index in groups.indices { groups[index].isNew = numbers.contains(groups[index].number) }
    }

    /// Indices of the groups whose mention was there before.
    var conflicts: [Int] { groups.indices.filter { !groups[$0].isNew } }

    mutating func readIdentities(_ identities: PostgresResult, _ conflicts: [Int]) {
        for row in 0..<identities.rowCount {
            guard let place = identities.int8(row, 0), place >= 1, place <= conflicts.count,
                let number = identities.int8(row, 1), let first = identities.int8(row, 2)
            else { continue }
            groups[conflicts[Int(place) - 1]].number = number
            firstBodies[number] = first
        }
    }

    mutating func readStanding(_ rows: PostgresResult) {
        for row in 0..<rows.rowCount {
            if let mention = MentionSQL.standing(rows, row) { standing[mention.number] = mention }
        }
    }

    /// Bodies beyond the first of their mention, sorted: those that the database has not seen are revisions.
    func furtherBodies() -> [FurtherBody] {
        var bodies: Set<FurtherBody> = []
        for group in groups {
            guard group.count > 1 || !group.isNew else { continue }
            let first = group.isNew ? mentions[group.first].version.bodyHash : firstBodies[group.number]
            group.forEach { index in
                let hash = mentions[index].version.bodyHash
                if hash != first { bodies.insert(FurtherBody(number: group.number, bodyHash: hash)) }
            }
        }
        return bodies.sorted { ($0.number, $0.bodyHash) < ($1.number, $1.bodyHash) }
    }

    mutating func readInsertedBodies(_ result: PostgresResult) {
        for row in 0..<result.rowCount {
            if let number = result.int8(row, 0), let hash = result.int8(row, 1) {
                newBodies.insert(FurtherBody(number: number, bodyHash: hash))
            }
        }
    }
}
