import Conversations
import MentionModel
import PostgresClient

/// The part of a step that joins threads, within the step's transaction: reads what it needs, and says what is to be
/// written.
///
/// The pure part is ``ThreadFold``. A mention that points at nobody and that nobody waits for costs a look-up by an
/// integer key, and none while nothing waits.
struct ThreadStep {
    /// What it came to.
    struct Done {
        /// What is to be written, rows in the order of their keys.
        var statements: [PostgresStatement] = []
        /// Whether nothing is left that a step before, or this one, could not finish.
        var isFinished = true
    }

    /// A parent that has come or changed, and how far its links have been looked at.
    struct Due {
        var parent: Int64
        /// Nil: none of its links need be looked at.
        var after: ThreadLink.Key?
        var isStored = false

        init(parent: Int64, after: ThreadLink.Key?, isStored: Bool = false) {
            self.parent = parent
            self.after = after
            self.isStored = isStored
        }

        /// Before all links of a parent.
        static func beginning(_ parent: Int64) -> ThreadLink.Key {
            let pair = ThreadLink.Pair(parent: parent, kind: .answer, author: .min)
            return ThreadLink.Key(pair: pair, at: Timestamp(microseconds: .min), child: 0)
        }
    }

    let connection: PostgresConnection
    let timeout: Duration
    /// About how many children of changed parents are looked at in one step.
    let portion: Int
    /// How many of each parent at least.
    let leastOfEach: Int
    /// Parents left over from steps before that are looked at in one step.
    let mostDue: Int32
    private var fold = ThreadFold()

    init(connection: PostgresConnection, chunk: Int32, timeout: Duration) {
        self.connection = connection
        self.timeout = timeout
        portion = 2 * Int(chunk)
        leastOfEach = Int(min(chunk, 16))
        mostDue = min(chunk, 1_000)
    }

    /// Takes a mention that was not counted.
    mutating func count(_ mention: ThreadMention) { fold.count(mention) }

    /// Takes a mention that was counted as `old`, and is as `new` from now on; nil uncounts it.
    mutating func revise(from old: ThreadMention, to new: ThreadMention?) { fold.revise(from: old, to: new) }

    /// Takes who is one person.
    mutating func know(_ persons: Persons) { fold.know(persons) }

    /// Joins what was taken. All mentions up to `upTo` are counted with this step, those after `after` by it. `takesDue`:
    /// whether to go on with what steps before have left.
    nonisolated(nonsending) mutating func run(
        after: Int64,
        upTo: Int64,
        takesDue: Bool
    ) async throws(PostgresError) -> Done {
        var done = Done()
        try await readParents(upTo)
        try await readOldLinks()
        fold.join()
        var due = fold.movedParents.sorted().map { Due(parent: $0, after: Due.beginning($0)) }
        if after < upTo {
            due += try await awaited(after, upTo).map { Due(parent: $0, after: nil) }
        }
        if takesDue {
            let left = try await readDue()
            if left.count >= Int(mostDue) { done.isFinished = false }
            for parent in left {
                if let place = due.firstIndex(where: { $0.parent == parent.parent }) {
                    due[place].isStored = true
                } else {
                    due.append(parent)
                }
            }
        }
        if !due.isEmpty {
            let left = try await lookAt(due)
            if !left.isEmpty { done.isFinished = false }
            let finished = Set(due.filter(\.isStored).map(\.parent)).subtracting(left.map(\.parent))
            done.statements += ThreadSQL.keepDue(left, finished: finished.sorted())
        }
        guard !fold.isEmpty || !due.isEmpty else { return done }
        // Nothing can hang yet on a mention that is counted by this step.
        let needs = fold.pairs.filter { $0.pair.parent <= after }
        if !needs.isEmpty {
            let rows = try await query("read first links", ThreadSQL.firstLinks, ThreadSQL.parameters(needs))
            for row in 0..<rows.rowCount {
                if let link = ThreadSQL.link(rows, row, first: 0) { fold.know(first: link) }
            }
        }
        let settlement = fold.settle()
        let answers = try await byOwnAccounts(ThreadSQL.answers(settlement.links))
        done.statements += ThreadSQL.write(settlement, answers: answers)
        return done
    }

    nonisolated(nonsending) private func byOwnAccounts(
        _ answers: [ThreadLink]
    ) async throws(PostgresError) -> [ThreadSQL.Answer] {
        guard !answers.isEmpty else { return [] }
        let rows = try await query("read own accounts", ThreadSQL.ownAccounts, [])
        var brands: [Int64: Set<Int32>] = [:]
        for row in 0..<rows.rowCount {
            guard let author = rows.int8(row, 0), let brand = rows.int4(row, 1) else { continue }
            brands[author, default: []].insert(brand)
        }
        var closed: Set<ThreadSQL.Answer> = []
        for link in answers {
            guard let own = brands[link.child.author] else { continue }
            for brand in link.parent.brands where own.contains(brand) {
                closed.insert(ThreadSQL.Answer(mention: link.parent.number, brand: brand))
            }
        }
        return closed.sorted()
    }

    nonisolated(nonsending) private func query(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter]
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
    }

    // MARK: - The mentions of the step

    nonisolated(nonsending) private mutating func readParents(_ upTo: Int64) async throws(PostgresError) {
        let names = fold.names.sorted { ($0.source, $0.id) < ($1.source, $1.id) }
        guard !names.isEmpty else { return }
        let rows = try await query(
            "read parents",
            ThreadSQL.parents,
            [.int4Array(names.map(\.source)), .textArray(names.map(\.id)), .int8(upTo)]
        )
        for row in 0..<rows.rowCount {
            guard let place = rows.int8(row, 0), place >= 1, place <= names.count,
                let end = ThreadSQL.end(rows, row, first: 1)
            else { continue }
            fold.know(names[Int(place) - 1], end)
        }
    }

    nonisolated(nonsending) private mutating func readOldLinks() async throws(PostgresError) {
        let old = fold.oldLinks
        guard !old.isEmpty else { return }
        let rows = try await query(
            "read links of revised mentions",
            ThreadSQL.oldLinks,
            [
                .int4Array(old.map(\.pointer.parent.source)), .textArray(old.map(\.pointer.parent.id)),
                .int2Array(old.map(\.pointer.kind.rawValue)), .int8Array(old.map(\.author)),
                .timestamptzArray(old.map(\.at.microseconds)), .int8Array(old.map(\.child)),
            ]
        )
        var found: [Int: ThreadLink] = [:]
        for row in 0..<rows.rowCount {
            if let place = rows.int8(row, 0) { found[Int(place) - 1] = ThreadSQL.link(rows, row, first: 1) }
        }
        for (place, link) in old.enumerated() { fold.know(stored: found[place], of: link) }
    }

    // MARK: - Parents that have come or changed

    nonisolated(nonsending) private func awaited(
        _ after: Int64,
        _ upTo: Int64
    ) async throws(PostgresError) -> [Int64] {
        let rows = try await query("look who is waited for", ThreadSQL.awaited, [.int8(after), .int8(upTo)])
        return (0..<rows.rowCount).compactMap { rows.int8($0, 0) }
    }

    nonisolated(nonsending) private func readDue() async throws(PostgresError) -> [Due] {
        let rows = try await query("read parents left over", ThreadSQL.due, [.int4(mostDue)])
        return (0..<rows.rowCount).compactMap { row in
            guard let parent = rows.int8(row, 0), let kind = rows.int2(row, 1) else { return nil }
            guard let kind = ThreadKind(rawValue: kind), let author = rows.int8(row, 2),
                let at = rows.timestamptz(row, 3), let child = rows.int8(row, 4)
            else { return Due(parent: parent, after: nil, isStored: true) }
            let pair = ThreadLink.Pair(parent: parent, kind: kind, author: author)
            let after = ThreadLink.Key(pair: pair, at: Timestamp(microseconds: at), child: child)
            return Due(parent: parent, after: after, isStored: true)
        }
    }

    /// Looks at a portion of what waits for these parents and hangs on them; says with which it is not finished.
    nonisolated(nonsending) private mutating func lookAt(_ due: [Due]) async throws(PostgresError) -> [Due] {
        let most = Int32(max(leastOfEach, portion / due.count))
        let numbers: PostgresParameter = .int8Array(due.map(\.parent))
        var ends: [Int64: ThreadEnd] = [:]
        let states = try await query("read changed parents", ThreadSQL.states, [numbers])
        for row in 0..<states.rowCount {
            if let end = ThreadSQL.end(states, row, first: 0) { ends[end.number] = end }
        }
        var counts: [Int64: Int32] = [:]
        let waiting = try await query("read what waits", ThreadSQL.waiting, [numbers, .int4(most)])
        for row in 0..<waiting.rowCount {
            guard let parent = waiting.int8(row, 0), let kind = waiting.int2(row, 1).flatMap(ThreadKind.init),
                let child = ThreadSQL.mention(waiting, row, first: 2), let end = ends[parent]
            else { continue }
            counts[parent, default: 0] += 1
            fold.resolve(child, kind, to: end)
        }
        var left = due.filter { (counts[$0.parent] ?? 0) >= most }
        let moved = due.filter { $0.after != nil }
        guard !moved.isEmpty else { return left }
        let rest = try await lookAtLinks(moved, most, ends)
        for parent in rest {
            if let place = left.firstIndex(where: { $0.parent == parent.parent }) {
                left[place].after = parent.after
            } else {
                left.append(parent)
            }
        }
        // Of those whose links are all done, waits alone are left.
        let open = Set(rest.map(\.parent))
        for place in left.indices where !open.contains(left[place].parent) { left[place].after = nil }
        return left.sorted { $0.parent < $1.parent }
    }

    nonisolated(nonsending) private mutating func lookAtLinks(
        _ due: [Due],
        _ most: Int32,
        _ ends: [Int64: ThreadEnd]
    ) async throws(PostgresError) -> [Due] {
        let keys = due.map { $0.after ?? Due.beginning($0.parent) }
        let rows = try await query(
            "read links of changed parents",
            ThreadSQL.links,
            [
                .int8Array(due.map(\.parent)), .int2Array(keys.map(\.pair.kind.rawValue)),
                .int8Array(keys.map(\.pair.author)), .timestamptzArray(keys.map(\.at.microseconds)),
                .int8Array(keys.map(\.child)), .int4(most),
            ]
        )
        var links: [Int64: [ThreadLink]] = [:]
        for row in 0..<rows.rowCount {
            if let link = ThreadSQL.link(rows, row, first: 0) { links[link.parent.number, default: []].append(link) }
        }
        let orphans = links.filter { ends[$0.key] == nil }.flatMap { $0.value.map(\.child.number) }
        var mentions: [Int64: ThreadMention] = [:]
        if !orphans.isEmpty {
            let states = try await query("read children", ThreadSQL.mentions, [.int8Array(orphans.sorted())])
            for row in 0..<states.rowCount {
                if let child = ThreadSQL.mention(states, row, first: 0) { mentions[child.end.number] = child }
            }
        }
        var left: [Due] = []
        for parent in due {
            let own = links[parent.parent] ?? []
            for link in own {
                fold.rederive(link, parent: ends[parent.parent], child: mentions[link.child.number])
            }
            guard own.count >= Int(most), let last = own.map(\.key).max() else { continue }
            left.append(Due(parent: parent.parent, after: last, isStored: parent.isStored))
        }
        return left
    }
}

extension CountedMention {
    /// The mention as threads know it.
    func threadMention(_ rows: PostgresResult, _ row: Int, pointers first: Int) -> ThreadMention {
        ThreadMention(
            end: ThreadEnd(
                number: number,
                author: author,
                publishedAt: publishedAt,
                sentiment: sentiment,
                brands: brands
            ),
            name: ThreadName(source: sourceNumber, id: nativeID),
            inReplyTo: rows.string(row, first),
            repostOf: rows.string(row, first + 1),
            conversation: rows.string(row, first + 2)
        )
    }
}
