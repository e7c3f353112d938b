import Conversations
import MentionModel
import Testing

@Suite struct ThreadFoldTests {
    /// Any order, any batches, any portions, revisions among them: the tables are a recount of what is counted, after
    /// each step that left nothing over.
    @Test(arguments: UInt64(1)...40)
    func anyOrderGivesTheSame(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int64.random(in: 5...40, using: &random)
        let portion = [1, 2, 5, Int.max][Int(seed % 4)]
        var waiting = (1...count).map { Sample.mention($0, of: count / 2, &random) }.shuffled(using: &random)
        var store = ThreadStore()
        while !waiting.isEmpty {
            let new = Array(waiting.prefix(Int.random(in: 1...9, using: &random)))
            waiting.removeFirst(new.count)
            store.step(new: new, portion: portion)
            var revised: [(ThreadMention, ThreadMention?)] = []
            for old in store.counted.values.sorted(by: { $0.end.number < $1.end.number })
            where Int.random(in: 0...4, using: &random) == 0 {
                revised.append((old, Self.revision(of: old, count, &random)))
            }
            store.step(revised: revised, portion: portion)
            if Bool.random(using: &random) {
                store.finish(portion: portion)
                #expect(store == ThreadStore.recount(Array(store.counted.values)))
            }
        }
        store.finish(portion: portion)
        #expect(store == ThreadStore.recount(Array(store.counted.values)))
    }

    /// The same with persons of several accounts: in whatever order and portions, a recount by person.
    @Test(arguments: UInt64(1)...40)
    func personsAreOneAuthor(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var persons = Persons()
        let all: [[[Int64]]] = [[[3, 1], [2, 4]], [[2, 1, 3]], [[4, 3, 2, 1]], [[1, 4]]]
        let groups = all[Int(seed % 4)]
        for group in groups {
            for (index, author) in group.enumerated() { persons.add(author, to: group[0], place: Int16(index + 1)) }
        }
        let mentions = (1...40).map { Sample.mention($0, of: 15, &random) }.shuffled(using: &random)
        var store = ThreadStore()
        store.persons = persons
        for start in stride(from: 0, to: mentions.count, by: 3) {
            store.step(new: Array(mentions[start..<min(start + 3, mentions.count)]), portion: 2)
            let old = store.counted.values.sorted { $0.end.number < $1.end.number }.randomElement(using: &random)
            if let old { store.step(revised: [(old, Self.revision(of: old, 40, &random))], portion: 2) }
        }
        store.finish(portion: 2)
        let fresh = ThreadStore.recount(Array(store.counted.values), persons)
        #expect(store == fresh)
        #expect(!store.sums.isEmpty || groups[0].count == 4)
        #expect(groups[0].count < 4 || store.sums.isEmpty, "all are one person")
    }

    /// Counting the same mentions in another order and in other batches gives the same rows, bit for bit.
    @Test(arguments: UInt64(1)...20)
    func ordersAgree(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let mentions = (1...30).map { Sample.mention($0, of: 15, &random) }
        var one = ThreadStore()
        one.step(new: mentions)
        var other = ThreadStore()
        for mention in mentions.shuffled(using: &random) { other.step(new: [mention], portion: 2) }
        other.finish(portion: 2)
        #expect(one == other)
        #expect(!one.links.isEmpty)
    }

    /// Uncounting what was counted gives the state before, whatever hung on it.
    @Test(arguments: UInt64(1)...20)
    func uncountingGivesTheStateBefore(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let mentions = (1...30).map { Sample.mention($0, of: 15, &random) }.shuffled(using: &random)
        var store = ThreadStore()
        store.step(new: Array(mentions.prefix(15)))
        store.finish()
        let before = store
        store.step(new: Array(mentions.suffix(15)))
        store.finish()
        for mention in mentions.suffix(15).shuffled(using: &random) {
            store.step(revised: [(mention, nil)], portion: 2)
            store.finish(portion: 2)
        }
        #expect(store == before)
        for mention in mentions.prefix(15) {
            store.step(revised: [(mention, nil)])
            store.finish()
        }
        #expect(store == ThreadStore())
    }

    @Test func countsAFriendOnceAndTheAuthorNever() {
        let parent = Self.mention(1, author: 1, sentiment: -1, brands: [7])
        var store = ThreadStore()
        store.step(new: [parent])
        store.step(
            new: (2...9).map { Self.mention($0, author: 2, at: 86_400 * $0, sentiment: 1, inReplyTo: "m1") }
                + (10...12).map { Self.mention($0, author: 1, sentiment: 1, brands: [7], inReplyTo: "m1") }
                + (13...15).map { Self.mention($0, author: 1, brands: [7], repostOf: "m1") }
                + [Self.mention(16, author: 3, at: 86_400, brands: [8], inReplyTo: "m1", repostOf: "m1")]
        )
        #expect(
            store.sums == [
                ThreadLedgerKey(brand: 7, day: 2, author: 2): ThreadSums(dialogues: 1, defences: 1),
                ThreadLedgerKey(brand: 7, day: 0, author: 1): ThreadSums(repliesGot: 2, repostsGot: 1),
                ThreadLedgerKey(brand: 7, day: 1, author: 3): ThreadSums(dialogues: 1),
            ]
        )
        // The first answer of the friend goes: the next one counts, on its day.
        store.step(revised: [(Self.mention(2, author: 2, at: 86_400 * 2, sentiment: 1, inReplyTo: "m1"), nil)])
        store.finish()
        #expect(store.sums[ThreadLedgerKey(brand: 7, day: 3, author: 2)] == ThreadSums(dialogues: 1, defences: 1))
        #expect(store.sums[ThreadLedgerKey(brand: 7, day: 2, author: 2)] == nil)
    }

    @Test func parentsThatChangeChangeWhatIsUnderThem() {
        let parent = Self.mention(1, author: 1, sentiment: -1, brands: [7])
        var store = ThreadStore()
        store.step(new: [Self.mention(2, author: 2, sentiment: 1, brands: [9], inReplyTo: "m1"), parent])
        let key = ThreadLedgerKey(brand: 7, day: 0, author: 2)
        #expect(store.sums[key] == ThreadSums(dialogues: 1, defences: 1))
        var kinder = parent
        kinder.end.sentiment = 0
        store.step(revised: [(parent, kinder)])
        #expect(store.sums[key] == ThreadSums(dialogues: 1))
        var brandless = kinder
        brandless.end.brands = []
        store.step(revised: [(kinder, brandless)])
        #expect(store.sums == [ThreadLedgerKey(brand: 9, day: 0, author: 2): ThreadSums(dialogues: 1)])
    }

    @Test func pointsAtEachOnceAndNeverAtItself() {
        func pointers(_ answered: String?, _ passed: String?, _ root: String?) -> [String] {
            Self.mention(5, author: 1, inReplyTo: answered, repostOf: passed, conversation: root).pointers
                .map { "\($0.kind) \($0.parent.id)" }
        }
        #expect(pointers(nil, nil, nil) == [])
        #expect(pointers("m5", "m5", "m5") == [])
        #expect(pointers(nil, nil, "m1") == ["answer m1"])
        #expect(pointers("m2", nil, "m1") == ["answer m2", "conversation m1"])
        #expect(pointers("m2", nil, "m2") == ["answer m2"])
        #expect(pointers(nil, "m3", "m1") == ["repost m3", "conversation m1"])
        #expect(pointers("m5", nil, "m1") == ["conversation m1"])
        // Two spellings of one letter are two ids, as in the database.
        #expect(pointers("\u{E9}", nil, "e\u{301}") == ["answer \u{E9}", "conversation e\u{301}"])
    }

    private static func revision(
        of old: ThreadMention,
        _ count: Int64,
        _ random: inout SeededGenerator
    ) -> ThreadMention {
        var new = Sample.mention(old.end.number, of: count / 2, &random)
        if Bool.random(using: &random) { new.end = old.end }
        if Bool.random(using: &random) {
            (new.inReplyTo, new.repostOf, new.conversation) = (old.inReplyTo, old.repostOf, old.conversation)
        }
        return new
    }

    private static func mention(
        _ number: Int64,
        author: Int64,
        at second: Int64 = 0,
        sentiment: Int16? = 0,
        brands: [Int32] = [],
        inReplyTo: String? = nil,
        repostOf: String? = nil,
        conversation: String? = nil
    ) -> ThreadMention {
        ThreadMention(
            end: ThreadEnd(
                number: number,
                author: author,
                publishedAt: Timestamp(microseconds: second * 1_000_000),
                sentiment: sentiment,
                brands: brands
            ),
            name: ThreadName(source: 1, id: "m\(number)"),
            inReplyTo: inReplyTo,
            repostOf: repostOf,
            conversation: conversation
        )
    }
}

@Suite struct ThreadTreeTests {
    private static func edge(_ parent: Int64, _ child: Int64, _ kind: ThreadKind = .answer) -> ThreadTree.Edge {
        ThreadTree.Edge(parent: parent, kind: kind, child: child, at: Timestamp(microseconds: child))
    }

    private static func shown(_ root: Int64, _ edges: [ThreadTree.Edge]) -> [String] {
        ThreadTree.lines(root: root, edges: edges).map { "\($0.depth):\($0.mention)" }
    }

    @Test func putsEachMentionUnderWhatItAnswers() {
        #expect(Self.shown(1, []) == ["0:1"])
        // 4 was found in the conversation before it was found under 3.
        let edges = [
            Self.edge(1, 4, .conversation), Self.edge(1, 3), Self.edge(1, 2), Self.edge(3, 4), Self.edge(4, 5, .repost),
        ]
        #expect(Self.shown(1, edges) == ["0:1", "1:2", "1:3", "2:4", "3:5"])
    }

    @Test func endsWithCycles() {
        // 2 and 3 answer each other, and were found by their conversation.
        let edges = [
            Self.edge(1, 2, .conversation), Self.edge(1, 3, .conversation), Self.edge(2, 3), Self.edge(3, 2),
            Self.edge(3, 1), Self.edge(2, 2),
        ]
        #expect(Self.shown(1, edges) == ["0:1", "1:2", "2:3"])
    }

    /// Every mention that was found comes once, whatever the edges.
    @Test(arguments: UInt64(1)...50)
    func losesNobody(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var edges: [ThreadTree.Edge] = []
        var found: [Int64] = [0]
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let child = Int64.random(in: 0...25, using: &random)
            let kind = ThreadKind.allCases.randomElement(using: &random) ?? .answer
            edges.append(Self.edge(found.randomElement(using: &random) ?? 0, child, kind))
            found.append(child)
        }
        let lines = ThreadTree.lines(root: 0, edges: edges)
        #expect(lines.map(\.mention).sorted() == Set(found).sorted())
        for (place, line) in lines.enumerated() {
            guard let parent = line.parent else { continue }
            #expect(lines.prefix(place).contains { $0.mention == parent && $0.depth == line.depth - 1 })
        }
    }
}
