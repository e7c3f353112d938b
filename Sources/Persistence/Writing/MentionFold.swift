import Advocacy
import MentionModel
import Pipeline
import PostgresClient

/// What a batch changes, worked out once the database has said what was there: rows to copy, rows to change, deltas of
/// ledger and hours derived from the rows that really change, and the counts per partition.
struct MentionFold {
    /// A row to be written whole: new, or in place of the version that stood.
    struct Row {
        var number: Int64
        var incoming: Int
        var author: Int64
        var counts: MentionCounts
        var position: KafkaPosition
        var brands: [Int32]
    }

    /// A row whose version stands on, with greater counts or an earlier record.
    struct Raise {
        var number: Int64
        var counts: MentionCounts
        var position: KafkaPosition
    }

    let identity: BatchWriter.Identity
    let now: Timestamp
    let incoming: [Incoming]
    private(set) var inserted: [Row] = []
    private(set) var replaced: [Row] = []
    private(set) var raised: [Raise] = []
    private(set) var revised: [StandingMention] = []
    private(set) var deltas = DeltaBook()
    private(set) var report = WriteReport()
    /// Counts by the batch's step, of which a redrive has one a record.
    private(set) var stepCounts: [StepCounts] = []

    init(_ intake: BatchIntake, identity: BatchWriter.Identity, now: Timestamp) throws(PostgresError) {
        self.identity = identity
        self.now = now
        incoming = intake.mentions
        var counts = [StepCounts](repeating: StepCounts(), count: intake.batch.steps.count)
        for (index, step) in intake.batch.steps.enumerated() {
            counts[index].records = Int64(step.count)
            counts[index].nearPairs = Int64(intake.nearCounts[index])
        }
        for row in intake.deadLetters { counts[row.step].deadLetters += 1 }
        for (index, refused) in intake.refusedCounts.enumerated() { counts[index].redeliveries += Int64(refused) }
        inserted.reserveCapacity(intake.groups.count)
        // In the order of arrival new mentions have ascending numbers already.
        for index in intake.arrival {
            Self.count(intake.groups[index], intake, into: &counts)
            try fold(intake.groups[index], intake)
        }
        let isSorted = zip(inserted, inserted.dropFirst()).allSatisfy { $0.number < $1.number }
        if !isSorted { inserted.sort { $0.number < $1.number } }
        replaced.sort { $0.number < $1.number }
        raised.sort { $0.number < $1.number }
        for (index, step) in intake.batch.steps.enumerated() { report.steps[step.partition] = counts[index] }
        stepCounts = counts
    }

    /// New, re-delivery or revision: decided by which bodies had been seen, so that the sums don't depend on order.
    private static func count(_ group: IdentityGroup, _ intake: BatchIntake, into counts: inout [StepCounts]) {
        var fresh = group.isNew
        var counted: Set<Int64> = []
        group.forEach { index in
            let step = intake.mentions[index].step
            let hash = intake.mentions[index].version.bodyHash
            if fresh {
                counts[step].newMentions += 1
                fresh = false
            } else if intake.newBodies.contains(FurtherBody(number: group.number, bodyHash: hash)),
                counted.insert(hash).inserted
            {
                counts[step].revisions += 1
            } else {
                counts[step].redeliveries += 1
            }
        }
    }

    private mutating func fold(_ group: IdentityGroup, _ intake: BatchIntake) throws(PostgresError) {
        let best = group.best(incoming)
        var counts = group.counts(incoming)
        if group.isNew {
            let row = try row(group.number, best.index, counts, best.position, intake)
            inserted.append(row)
            deltas.add(contribution(row))
            return
        }
        // Without a standing row the mention was dropped by retention: its identity stays, its effects are sealed.
        guard let standing = intake.standing[group.number] else { return }
        counts.raise(to: standing.counts)
        if standing.version < best.version {
            let row = try row(group.number, best.index, counts, best.position, intake)
            replaced.append(row)
            deltas.replace(contribution(standing), with: contribution(row))
            if isRelated(standing, row) { revised.append(standing) }
            return
        }
        let position = standing.version == best.version ? min(standing.position, best.position) : standing.position
        guard counts != standing.counts || position != standing.position else { return }
        raised.append(Raise(number: group.number, counts: counts, position: position))
        if counts != standing.counts {
            var after = standing
            after.counts = counts
            deltas.replace(contribution(standing), with: contribution(after))
        }
    }

    private func row(
        _ number: Int64,
        _ index: Int,
        _ counts: MentionCounts,
        _ position: KafkaPosition,
        _ intake: BatchIntake
    ) throws(PostgresError) -> Row {
        guard let author = intake.authors.known(at: intake.authorPlaces[index]) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "an author has no number after it was inserted",
                statement: "insert authors"
            )
        }
        let chunk = incoming[index].chunk
        let brands: [Int32]
        if let named = incoming[index].event.brands {
            guard let numbers = intake.numbers(ofBrands: named, in: chunk.arena) else {
                throw PostgresError(
                    kind: .protocolViolation,
                    message: "a brand has no number after it was inserted",
                    statement: "read brand names"
                )
            }
            brands = numbers
        } else {
            brands = chunk.mentions[incoming[index].mention].matchedBrands
        }
        return Row(
            number: number,
            incoming: index,
            author: author.number,
            counts: counts,
            position: position,
            brands: brands
        )
    }

    /// The mention of a row and what its strings lie in.
    func prepared(_ row: Row) -> (PreparedMention, ByteArena) {
        let record = incoming[row.incoming]
        return (record.chunk.mentions[record.mention], record.chunk.arena)
    }

    private func contribution(_ row: Row) -> Contribution {
        // Field by field: a copy of the whole mention would count the references of four arrays.
        let chunk = incoming[row.incoming].chunk
        let place = incoming[row.incoming].mention
        let verdict = chunk.mentions[place].verdict
        return Contribution(
            mention: row.number,
            source: incoming[row.incoming].source,
            author: row.author,
            publishedAt: chunk.mentions[place].event.publishedAt,
            brands: row.brands,
            sentiment: verdict.sentiment,
            score: verdict.sentimentScore,
            labels: HourLabels(verdict),
            likes: row.counts.likes,
            reposts: row.counts.reposts,
            replies: row.counts.replies,
            isAnswer: !chunk.mentions[place].event.inReplyTo.isAbsent,
            isRepost: !chunk.mentions[place].event.repostOf.isAbsent,
            followers: chunk.mentions[place].event.followers,
            isSetAside: Contribution.setsAside(spam: verdict.spam, offensive: verdict.offensive)
        )
    }

    private func contribution(_ standing: StandingMention) -> Contribution {
        Contribution(
            mention: standing.number,
            source: standing.source,
            author: standing.author,
            publishedAt: standing.publishedAt,
            brands: standing.brands,
            sentiment: standing.sentiment.flatMap { Sentiment(rawValue: Int8(clamping: $0)) },
            score: standing.score,
            labels: standing.labels,
            likes: standing.counts.likes,
            reposts: standing.counts.reposts,
            replies: standing.counts.replies,
            isAnswer: standing.inReplyTo != nil,
            isRepost: standing.repostOf != nil,
            followers: standing.followers,
            isSetAside: standing.isSetAside
        )
    }

    /// Whether the change matters to what relates mentions to each other.
    private func isRelated(_ standing: StandingMention, _ row: Row) -> Bool {
        let (mention, arena) = prepared(row)
        func isSame(_ text: String?, _ field: ByteRange) -> Bool {
            guard let text else { return field.isAbsent }
            return !field.isAbsent && arena.bytes[field.indices].elementsEqual(text.utf8)
        }
        return standing.publishedAt != mention.event.publishedAt || standing.author != row.author
            || standing.textHash != Int64(bitPattern: mention.textHash) || standing.brands != row.brands
            || standing.sentiment.map(Int8.init(clamping:)) != mention.verdict.sentiment?.rawValue
            || !isSame(standing.inReplyTo, mention.event.inReplyTo)
            || !isSame(standing.repostOf, mention.event.repostOf)
            || !isSame(standing.conversation, mention.event.conversation)
            || standing.isSetAside
                != Contribution.setsAside(spam: mention.verdict.spam, offensive: mention.verdict.offensive)
    }
}
