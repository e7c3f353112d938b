import Copies
import MentionModel
import PostgresClient

/// One step of the background work, within its transaction: reads what is to be counted, places it among the copies, and
/// writes what has changed.
struct RelatingStep {
    /// What a step has done.
    struct Done {
        var upTo: Int64
        var step: Int64 = 0
        var mentions = 0
        var revisions = 0
        var isReached = false
    }

    /// Pairs that are read at once.
    static let mostPairs: Int32 = 20_000
    /// Revisions that are read at once, with texts of up to 64 KiB.
    static let mostRevisions: Int32 = 2_000

    let connection: PostgresConnection
    let index: FoldIndex
    let chunk: Int32
    let timeout: Duration
    private var changes: [RelatedChange] = []
    private var departed: [DepartedMention] = []
    private var sources: [String: Int32] = [:]
    private var threads: ThreadStep
    private var standings = StandingRefresh()

    init(connection: PostgresConnection, index: FoldIndex, chunk: Int32, timeout: Duration) {
        self.connection = connection
        self.index = index
        self.chunk = chunk
        self.timeout = timeout
        threads = ThreadStep(connection: connection, chunk: chunk, timeout: timeout)
    }

    /// Does the step, its commit included.
    nonisolated(nonsending) mutating func run(_ goal: RelatingGoal) async throws(PostgresError) -> Done {
        var done = Done(upTo: goal.related)
        switch goal.state {
        case .count:
            done.upTo = try await readChunk(goal)
            done.mentions = changes.count
        default:
            done.revisions = try await readRevisions(goal)
        }
        try await standings.begin(on: connection, timeout)
        threads.know(standings.persons)
        for change in changes { standings.add(change) }
        let found = try await query("read found pairs", RelatingSQL.found, [.int4(Self.mostPairs)])
        var pairs = Self.pairs(found).filter { $0.jaccard >= goal.scheme.threshold }
        for change in changes {
            // Also of a revised one that stays: the index may have been filled while another text of it stood.
            guard let text = change.text else { continue }
            index.take(change.new, text: text.span, into: &pairs)
        }
        let settlement = try await fold(pairs, window: goal.scheme.window)
        let threaded = try await threads.run(
            after: goal.related,
            upTo: done.upTo,
            takesDue: goal.state == .settle
        )
        var changed = try await statements(settlement) + threaded.statements
        done.isReached =
            goal.state == .settle && done.revisions < min(chunk, Self.mostRevisions)
            && found.rowCount < Self.mostPairs && threaded.isFinished
            && standings.touched < StandingRefresh.mostTouched
        if done.isReached { changed += standings.closing() }
        done.step = try await commit(changed, done)
        return done
    }

    nonisolated(nonsending) private func query(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter]
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
    }

    private static func pairs(_ rows: PostgresResult) -> [NearTexts] {
        (0..<rows.rowCount).compactMap { row in
            guard let text = rows.int8(row, 0), let other = rows.int8(row, 1), let jaccard = rows.int2(row, 2) else {
                return nil
            }
            return NearTexts(
                text: UInt64(bitPattern: text),
                other: UInt64(bitPattern: other),
                jaccard: Int32(jaccard)
            )
        }
    }

    // MARK: - What is to be counted

    nonisolated(nonsending) private mutating func readChunk(_ goal: RelatingGoal) async throws(PostgresError) -> Int64 {
        let rows = try await query(
            "read mentions to relate",
            RelatingSQL.chunk,
            [.int8(goal.related), .int8(goal.goal), .int4(chunk), .int8(RelatingSQL.mostBytes)]
        )
        changes.reserveCapacity(rows.rowCount)
        for row in Self.inOrder(rows, column: 2) {
            guard let mention = CountedMention(rows, row, first: 2) else { continue }
            changes.append(RelatedChange(new: mention, moves: true, text: rows.bytes(row, 1)))
            threads.count(mention.threadMention(rows, row, pointers: 2 + CountedMention.columnCount))
        }
        return rows.int8(0, 0) ?? goal.goal
    }

    /// The rows by the number in a column: as they come, when they come so.
    private static func inOrder(_ rows: PostgresResult, column: Int) -> [Int] {
        let numbers = (0..<rows.rowCount).map { rows.int8($0, column) ?? 0 }
        guard zip(numbers, numbers.dropFirst()).contains(where: { $0 > $1 }) else { return Array(numbers.indices) }
        return numbers.indices.sorted { numbers[$0] < numbers[$1] }
    }

    /// Reads revisions, and takes apart the clusters that mentions leave: all their mentions are placed anew.
    nonisolated(nonsending) private mutating func readRevisions(_ goal: RelatingGoal) async throws(PostgresError) -> Int
    {
        let rows = try await query(
            "read revisions to relate",
            RelatingSQL.revisions,
            [.int8(goal.related), .int4(min(chunk, Self.mostRevisions))]
        )
        var left: [Int64] = []
        var lone: [CountedMention] = []
        for row in 0..<rows.rowCount {
            guard let at = rows.timestamptz(row, 0), let author = rows.int8(row, 1), let hash = rows.int8(row, 2),
                let brands = rows.int4Array(row, 4)
            else { continue }
            let pointers = 9 + CountedMention.columnCount
            guard let new = CountedMention(rows, row, first: 9) else {
                guard let number = rows.int8(row, pointers + 6) else { continue }
                var state = CountedMention(
                    gone: number,
                    at: at,
                    author: author,
                    textHash: hash,
                    sentiment: rows.int2(row, 3),
                    brands: brands.compactMap { $0 }
                )
                state.isSetAside = rows.bool(row, 8) == true
                state.sourceNumber = rows.int4(row, pointers + 7) ?? 0
                state.nativeID = rows.string(row, pointers + 8) ?? ""
                threads.revise(from: state.threadMention(rows, row, pointers: pointers), to: nil)
                departed.append(
                    DepartedMention(state: state, wasCopy: rows.int8(row, 6).map { $0 != number } ?? false)
                )
                if let cluster = rows.int8(row, 5) { left.append(cluster) } else { lone.append(state) }
                continue
            }
            var old = new
            old.publishedAt = Timestamp(microseconds: at)
            old.author = author
            old.textHash = UInt64(bitPattern: hash)
            old.sentiment = rows.int2(row, 3)
            old.brands = brands.compactMap { $0 }
            threads.revise(
                from: old.threadMention(rows, row, pointers: pointers),
                to: new.threadMention(rows, row, pointers: pointers + 3)
            )
            old.isSetAside = rows.bool(row, 8) == true
            let moves = (old.textHash, old.publishedAt) != (new.textHash, new.publishedAt)
            if moves {
                if let cluster = rows.int8(row, 5) { left.append(cluster) } else { lone.append(old) }
            }
            changes.append(
                RelatedChange(
                    old: old,
                    wasCopy: rows.int8(row, 6).map { $0 != new.number } ?? false,
                    new: new,
                    moves: moves,
                    text: rows.bytes(row, 7)
                )
            )
        }
        if !lone.isEmpty {
            lone.sort { $0.textHash < $1.textHash }
            _ = try await query(
                "drop lone spans",
                RelatingSQL.dropLoneSpans,
                [
                    .int8Array(lone.map { Int64(bitPattern: $0.textHash) }), .int8Array(lone.map(\.number)),
                ]
            )
            try await closeSlots(lone)
            index.forget(lone)
        }
        if !left.isEmpty { try await dissolve(Set(left).sorted()) }
        return rows.rowCount
    }

    nonisolated(nonsending) private mutating func dissolve(_ clusters: [Int64]) async throws(PostgresError) {
        let rows = try await query("read members to place anew", RelatingSQL.members, [.int8Array(clusters)])
        var places: [Int64: Int] = [:]
        for (place, change) in changes.enumerated() { places[change.new.number] = place }
        var members = departed.map(\.state)
        for row in 0..<rows.rowCount {
            guard let canonical = rows.int8(row, 0), let mention = CountedMention(rows, row, first: 2) else { continue }
            if let place = places[mention.number] {
                if let old = changes[place].old { members.append(old) }
                changes[place].moves = true
                changes[place].text = changes[place].text ?? rows.bytes(row, 1)
            } else {
                members.append(mention)
                changes.append(
                    RelatedChange(
                        old: mention,
                        wasCopy: canonical != mention.number,
                        new: mention,
                        moves: true,
                        text: rows.bytes(row, 1)
                    )
                )
            }
        }
        let hashes = Set(members.map { Int64(bitPattern: $0.textHash) }).sorted()
        for part in RelatingSQL.dissolve {
            _ = try await query(part.name, part.sql, [.int8Array(clusters), .int8Array(hashes)])
        }
        try await closeSlots(members)
        index.forget(members)
    }

    /// Of each text that has spans, one is in slot 0: that is how a text that was never seen is told from the others.
    nonisolated(nonsending) private func closeSlots(_ left: [CountedMention]) async throws(PostgresError) {
        let hashes = Set(left.map { Int64(bitPattern: $0.textHash) }).sorted()
        _ = try await query("close slots", RelatingSQL.closeSlots, [.int8Array(hashes)])
    }

    // MARK: - Placing

    nonisolated(nonsending) private mutating func fold(
        _ pairs: [NearTexts],
        window: Int64
    ) async throws(PostgresError) -> CopySettlement {
        var fold = CopyFold(window: window)
        let first = try await writeFirstSpans()
        // What is known of the texts at hand, and of those near them.
        let texts = Set(changes.filter(\.moves).map(\.new.textHash)).union(pairs.flatMap { [$0.text, $0.other] })
        let numbers = texts.map { Int64(bitPattern: $0) }.sorted()
        if !numbers.isEmpty {
            let rows = try await query("read near texts", RelatingSQL.neighbours, [.int8Array(numbers)])
            var known = texts
            for row in 0..<rows.rowCount {
                guard let one = rows.int8(row, 0), let other = rows.int8(row, 1) else { continue }
                fold.near(UInt64(bitPattern: one), UInt64(bitPattern: other))
                known.insert(UInt64(bitPattern: other))
            }
            known.subtract(first.keys)
            try await readSpans(known.map { Int64(bitPattern: $0) }.sorted(), &fold)
        }
        for pair in pairs { fold.near(pair.text, pair.other) }
        for change in changes where change.moves {
            let isStored = first[change.new.textHash] == change.new.number
            fold.arrive(change.new.arrival, isStored: isStored)
        }
        try await keep(pairs)
        try await readClusters(&fold)
        fold.join()
        let needs = fold.needs()
        var keys: [Int64: Canonical] = [:]
        let touched = Set(changes.map(\.new.number))
        for state in try await states(needs.lone) {
            keys[state.number] = state.key
            // They are counted from now on as what they become.
            if !touched.contains(state.number) {
                changes.append(RelatedChange(old: state, new: state, moves: false))
            }
        }
        return fold.settle(keys: keys, numbers: try await newNumbers(needs.newClusters))
    }

    /// Writes a row for each text that was never seen, and says which they are, with the mention that is in it.
    nonisolated(nonsending) private mutating func writeFirstSpans() async throws(PostgresError) -> [UInt64: Int64] {
        var firsts: [UInt64: CountedMention] = [:]
        for change in changes where change.moves && firsts[change.new.textHash] == nil {
            firsts[change.new.textHash] = change.new
        }
        guard !firsts.isEmpty else { return [:] }
        let sorted = firsts.values.sorted { Int64(bitPattern: $0.textHash) < Int64(bitPattern: $1.textHash) }
        let rows = try await query(
            "write first spans",
            RelatingSQL.firstSpans,
            [
                .int8Array(sorted.map { Int64(bitPattern: $0.textHash) }), .int8Array(sorted.map(\.number)),
                .timestamptzArray(sorted.map(\.publishedAt.microseconds)),
            ]
        )
        var written: [UInt64: Int64] = [:]
        for row in 0..<rows.rowCount {
            guard let hash = rows.int8(row, 0) else { continue }
            written[UInt64(bitPattern: hash)] = firsts[UInt64(bitPattern: hash)]?.number
        }
        return written
    }

    nonisolated(nonsending) private func readSpans(_ texts: [Int64], _ fold: inout CopyFold) async throws(PostgresError)
    {
        guard !texts.isEmpty else { return }
        let rows = try await query("read spans", RelatingSQL.spans, [.int8Array(texts)])
        for row in 0..<rows.rowCount {
            guard let hash = rows.int8(row, 0), let slot = rows.int2(row, 1), let mention = rows.int8(row, 2),
                let first = rows.timestamptz(row, 4), let last = rows.timestamptz(row, 5)
            else { continue }
            fold.insert(
                TextSpan(
                    textHash: UInt64(bitPattern: hash),
                    slot: slot,
                    mention: mention,
                    cluster: rows.int8(row, 3),
                    first: Timestamp(microseconds: first),
                    last: Timestamp(microseconds: last)
                )
            )
        }
    }

    nonisolated(nonsending) private mutating func readClusters(_ fold: inout CopyFold) async throws(PostgresError) {
        let named = fold.namedClusters
        guard !named.isEmpty else { return }
        let rows = try await query("read clusters", RelatingSQL.clusters, [.int8Array(named)])
        for row in 0..<rows.rowCount {
            guard let number = rows.int8(row, 0), let root = rows.int8(row, 1), let size = rows.int8(row, 2),
                let last = rows.timestamptz(row, 3), let mention = rows.int8(row, 4),
                let first = rows.timestamptz(row, 5), let source = rows.string(row, 6),
                let nativeID = rows.string(row, 7), let sourceNumber = rows.int4(row, 8)
            else { continue }
            sources[source] = sourceNumber
            let key = Canonical(
                publishedAt: Timestamp(microseconds: first),
                source: source,
                nativeID: nativeID,
                mention: mention
            )
            fold.insert(Cluster(number: root, canonical: key, size: size, lastAt: Timestamp(microseconds: last)))
            fold.insert(number: number, standing: root)
        }
    }

    nonisolated(nonsending) private func states(_ numbers: [Int64]) async throws(PostgresError) -> [CountedMention] {
        guard !numbers.isEmpty else { return [] }
        let rows = try await query("read states", RelatingSQL.states, [.int8Array(numbers)])
        return (0..<rows.rowCount).compactMap { CountedMention(rows, $0) }
    }

    nonisolated(nonsending) private func newNumbers(_ count: Int) async throws(PostgresError) -> [Int64] {
        guard count > 0 else { return [] }
        let rows = try await query("number clusters", RelatingSQL.newClusters, [.int4(Int32(clamping: count))])
        return (0..<rows.rowCount).compactMap { rows.int8($0, 0) }
    }

    // MARK: - Writing

    nonisolated(nonsending) private func keep(_ pairs: [NearTexts]) async throws(PostgresError) {
        guard !pairs.isEmpty else { return }
        _ = try await query(
            "keep near texts",
            RelatingSQL.keepPairs,
            NearTextSQL.parameters(pairs)
        )
    }

    /// What is to be written, net.
    nonisolated(nonsending) private mutating func statements(
        _ settlement: CopySettlement
    ) async throws(PostgresError) -> [PostgresStatement] {
        for change in changes { sources[change.new.source] = change.new.sourceNumber }
        var known = Set(changes.map(\.new.number))
        for state in try await states(settlement.demoted.filter { !known.contains($0) }) {
            known.insert(state.number)
            changes.append(RelatedChange(old: state, new: state, moves: false))
        }
        let copies = Set(settlement.copies).union(settlement.demoted)
        var sums = CopySums()
        for change in changes {
            let isCopy = copies.contains(change.new.number) || change.wasCopy && !change.moves
            if change.wasCopy, let old = change.old { sums.subtract(old) }
            if isCopy { sums.add(change.new) }
        }
        for gone in departed where gone.wasCopy { sums.subtract(gone.state) }
        standings.add(sums)
        let refreshed = try await standings.statements(with: sums, on: connection, timeout)
        var statements = RelatingSQL.write(settlement, sources: sources)
        if !departed.isEmpty {
            let texts = Set(departed.map { Int64(bitPattern: $0.state.textHash) }).sorted()
            statements += RelatingSQL.dropNear.map { PostgresStatement($0.name, $0.sql, [.int8Array(texts)]) }
        }
        return statements + sums.statements() + refreshed
    }

    nonisolated(nonsending) private func commit(
        _ changed: [PostgresStatement],
        _ done: Done
    ) async throws(PostgresError) -> Int64 {
        let escapes = index.takeEscapes()
        let debt = index.takeDebt()
        // One trip to the end: rows of the ledger, which batches want too, are not locked while a worker is stopped.
        var statements = changed
        let end = statements.count
        statements.append(
            PostgresStatement("end step", "SELECT relate_end($1, $2)", [.int8(done.upTo), .bool(done.isReached)])
        )
        let causes = escapes.byCause.filter { $0.texts > 0 }
        if !causes.isEmpty {
            statements.append(
                PostgresStatement(
                    "count escapes",
                    """
                    INSERT INTO copy_escape AS e (cause, texts) SELECT * FROM unnest($1::text[], $2::bigint[])
                    ON CONFLICT (cause) DO UPDATE SET texts = e.texts + excluded.texts
                    """,
                    [.textArray(causes.map(\.cause)), .int8Array(causes.map { Int64($0.texts) })]
                )
            )
        }
        if let debt {
            statements.append(
                PostgresStatement(
                    "note debt",
                    "UPDATE copy_debt SET from_at = least(from_at, $1), to_at = greatest(to_at, $2)",
                    [.timestamptz(debt.lowerBound.microseconds), .timestamptz(debt.upperBound.microseconds)]
                )
            )
        }
        statements.append(PostgresStatement("commit", "COMMIT"))
        let answers = try await connection.pipeline(statements, timeout: timeout)
        return answers.indices.contains(end) ? answers[end].int8(0, 0) ?? 0 : 0
    }
}
