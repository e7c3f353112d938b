import Conversations
import MentionModel

/// The tables and the step around ``ThreadFold``, in memory: what the background step does with the database.
struct ThreadStore: Equatable {
    var counted: [Int64: ThreadMention] = [:]
    var links: [ThreadLink.Key: ThreadLink] = [:]
    var waits: Set<ThreadFold.Wait> = []
    var sums: [ThreadLedgerKey: ThreadSums] = [:]
    /// Parents left over, with the last link that was looked at.
    var due: [Int64: ThreadLink.Key?] = [:]
    var persons = Persons()

    static func == (left: ThreadStore, right: ThreadStore) -> Bool {
        left.links == right.links && left.waits == right.waits && left.sums == right.sums && left.due == right.due
    }

    private func number(_ name: ThreadName) -> Int64? { counted.values.first { $0.name == name }?.end.number }

    /// One step, of at most `portion` children of each parent.
    mutating func step(
        new: [ThreadMention] = [],
        revised: [(old: ThreadMention, new: ThreadMention?)] = [],
        portion: Int = .max
    ) {
        var fold = ThreadFold()
        for mention in new {
            counted[mention.end.number] = mention
            fold.count(mention)
        }
        for (old, new) in revised {
            counted[old.end.number] = new
            fold.revise(from: old, to: new)
        }
        for name in fold.names {
            if let number = number(name), let mention = counted[number] { fold.know(name, mention.end) }
        }
        for old in fold.oldLinks {
            let stored = links.values.first {
                $0.child.number == old.child && $0.kind == old.pointer.kind && $0.child.author == old.author
                    && $0.child.publishedAt == old.at
            }
            fold.know(stored: stored, of: old)
        }
        fold.join()
        for parent in fold.movedParents { due[parent] = .some(nil) }
        for mention in new where waits.contains(where: { $0.pointer.parent == mention.name }) {
            due[mention.end.number] = .some(nil)
        }
        for (parent, after) in due {
            let waiting = waits.filter { wait in counted[parent].map { $0.name == wait.pointer.parent } ?? false }
                .sorted { $0.child < $1.child }.prefix(portion)
            for wait in waiting {
                if let child = counted[wait.child], let parent = counted[parent] {
                    fold.resolve(child, wait.pointer.kind, to: parent.end)
                }
            }
            let hanging = links.values.filter { link in
                link.parent.number == parent && (after.map { $0 < link.key } ?? true)
            }.sorted { $0.key < $1.key }.prefix(portion)
            for link in hanging {
                fold.rederive(link, parent: counted[parent]?.end, child: counted[link.child.number])
            }
            if waiting.count == portion || hanging.count == portion {
                due[parent] = hanging.last?.key ?? after
            } else {
                due[parent] = nil
            }
        }
        fold.know(persons)
        for need in fold.pairs {
            let stored = links.values.filter { $0.key.pair == need.pair }.sorted(by: ThreadLink.isBefore)
            for link in stored.prefix(need.links) { fold.know(first: link) }
        }
        write(fold.settle())
    }

    private mutating func write(_ settlement: ThreadFold.Settlement) {
        for key in settlement.goneLinks { links[key] = nil }
        for link in settlement.links { links[link.key] = link }
        waits.subtract(settlement.goneWaits)
        waits.formUnion(settlement.waits)
        for (key, change) in settlement.deltas {
            sums[key, default: ThreadSums()].add(change)
            if sums[key]?.isZero == true { sums[key] = nil }
        }
    }

    mutating func finish(portion: Int = .max) {
        while !due.isEmpty { step(portion: portion) }
    }

    /// What the tables must be, from the counted mentions alone and without the fold.
    static func recount(_ mentions: [ThreadMention], _ persons: Persons = Persons()) -> ThreadStore {
        var store = ThreadStore()
        for mention in mentions { store.counted[mention.end.number] = mention }
        var pairs: [ThreadLink.Pair: [ThreadLink]] = [:]
        for mention in mentions {
            for pointer in mention.pointers {
                if let parent = mentions.first(where: { $0.name == pointer.parent }) {
                    let link = ThreadLink(kind: pointer.kind, child: mention.end, parent: parent.end)
                    store.links[link.key] = link
                    var pair = link.key.pair
                    pair.author = persons.person(of: pair.author)
                    pairs[pair, default: []].append(link)
                } else {
                    store.waits.insert(.init(child: mention.end.number, pointer: pointer))
                }
            }
        }
        for (pair, links) in pairs where pair.kind != .conversation {
            let at = links.map(\.child.publishedAt).min()
            let first = links.filter { $0.child.publishedAt == at }
            let best = first.map { $0.child.sentiment ?? -2 }.max()
            let equal = first.filter { ($0.child.sentiment ?? -2) == best }
                .sorted { $0.child.brands.lexicographicallyPrecedes($1.child.brands) }
            let least = equal.filter { $0.child.brands == equal.first?.child.brands }
            guard let one = least.min(by: { persons.place(of: $0.child.author) < persons.place(of: $1.child.author) }),
                pair.author != persons.person(of: one.parent.author), let at
            else { continue }
            func add(_ brand: Int32, _ author: Int64, _ change: ThreadSums) {
                let day = author == one.child.author ? at.day : one.parent.publishedAt.day
                let key = ThreadLedgerKey(brand: brand, day: day, author: author)
                store.sums[key, default: ThreadSums()].add(change)
            }
            for brand in one.parent.brands {
                if pair.kind == .repost { add(brand, one.parent.author, ThreadSums(repostsGot: 1)) }
                if pair.kind == .answer { add(brand, one.parent.author, ThreadSums(repliesGot: 1)) }
            }
            guard pair.kind == .answer else { continue }
            let isDefence = one.parent.sentiment == -1 && first.contains { $0.child.sentiment == 1 }
            for brand in one.parent.brands.isEmpty ? one.child.brands : one.parent.brands {
                let defences: Int32 = isDefence && !one.parent.brands.isEmpty ? 1 : 0
                add(brand, one.child.author, ThreadSums(dialogues: 1, defences: defences))
            }
        }
        return store
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Mentions of few authors, ids and instants, so that everything collides: cycles, answers to oneself, orphans.
enum Sample {
    static func mention(_ number: Int64, of ids: Int64, _ random: inout SeededGenerator) -> ThreadMention {
        func pointer(_ chance: Int) -> String? {
            guard Int.random(in: 0..<chance, using: &random) == 0 else { return nil }
            return "m\(Int64.random(in: 1...ids + 3, using: &random))"
        }
        return ThreadMention(
            end: ThreadEnd(
                number: number,
                author: Int64.random(in: 1...4, using: &random),
                publishedAt: Timestamp(microseconds: Int64.random(in: 0...5, using: &random) * 40_000_000_000),
                sentiment: [nil, -1, 0, 1].randomElement(using: &random) ?? nil,
                brands: (1...3).filter { _ in Int.random(in: 0...2, using: &random) == 0 }
            ),
            // Two sources with the same ids.
            name: ThreadName(source: Int32(number % 2), id: "m\(number / 2)"),
            inReplyTo: pointer(2),
            repostOf: pointer(4),
            conversation: pointer(3)
        )
    }
}
