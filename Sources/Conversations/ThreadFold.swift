public import MentionModel

/// Joins mentions with what they point at: what one step changes in links, in what waits, and in the sums.
///
/// Pure: it says what it needs to know, is told, and says what is to be written. The order of use:
///
/// 1. ``count(_:)`` and ``revise(from:to:)`` for the mentions of the step;
/// 2. read what ``names`` and ``oldLinks`` ask for: ``know(_:_:)`` and ``know(stored:of:)``; then ``join()``;
/// 3. for parents that have come or changed, a portion of what waits for them and hangs on them: ``resolve(_:_:to:)``
///    and ``rederive(_:parent:child:)``;
/// 4. read the first links of each of ``pairs``: ``know(first:)``; then ``settle()``.
///
/// What is stored is a function of the counted mentions: neither their order nor the portions matter. Memory is bounded
/// by what a step brings and by the portions.
public struct ThreadFold: Sendable {
    /// A link that may be stored of a mention that was counted before.
    public struct OldLink: Hashable, Sendable {
        /// Who the mention pointed at.
        public var pointer: ThreadPointer
        /// Its author then.
        public var author: Int64
        /// Its time then.
        public var at: Timestamp
        /// Its number.
        public var child: Int64
    }

    /// Whom a mention waits for.
    public struct Wait: Hashable, Sendable {
        /// The number of the mention that waits.
        public var child: Int64
        /// How it would hang, and on whom.
        public var pointer: ThreadPointer

        /// Makes one.
        public init(child: Int64, pointer: ThreadPointer) {
            self.child = child
            self.pointer = pointer
        }
    }

    /// How many of a pair's first links must be known.
    public struct PairNeed: Sendable, Equatable {
        /// The pair.
        public var pair: ThreadLink.Pair
        /// So many, in the order of ``ThreadLink/isBefore(_:_:)``.
        public var links: Int
    }

    /// What is to be written.
    public struct Settlement: Sendable, Equatable {
        /// Links that go, by key.
        public var goneLinks: [ThreadLink.Key] = []
        /// Links to insert, or to put in place of those with the same key.
        public var links: [ThreadLink] = []
        /// What waits no more; may never have been there.
        public var goneWaits: [Wait] = []
        /// What waits.
        public var waits: [Wait] = []
        /// Changes of sums, by key, none of them zero.
        public var deltas: [(key: ThreadLedgerKey, sums: ThreadSums)] = []

        /// Whether all is the same, in order.
        public static func == (left: Settlement, right: Settlement) -> Bool {
            left.goneLinks == right.goneLinks && left.links == right.links && left.goneWaits == right.goneWaits
                && left.waits == right.waits
                && left.deltas.elementsEqual(right.deltas) { $0.key == $1.key && $0.sums == $1.sums }
        }
    }

    private var children: [(mention: ThreadMention, pointers: [ThreadPointer])] = []
    /// Mentions of this step whose links are made from what they are, and from nothing that is stored.
    private var touched: Set<Int64> = []
    private var parents: [ThreadName: ThreadEnd] = [:]
    private var added: [ThreadLink.Key: ThreadLink] = [:]
    private var removed: [ThreadLink.Key: ThreadLink] = [:]
    private var waits: Set<Wait> = []
    private var goneWaits: Set<Wait> = []
    private var stored: [ThreadLink.Pair: [ThreadLink]] = [:]
    private var persons = Persons()

    /// Links that may be stored of mentions that have changed.
    public private(set) var oldLinks: [OldLink] = []
    /// Mentions counted before that have changed, or are gone: whatever hangs on them is to be derived anew.
    public private(set) var movedParents: Set<Int64> = []

    /// Nothing.
    public init() {}

    /// Whether no mention of the step points at anything, did so, or can be pointed at in another way.
    public var isEmpty: Bool { children.isEmpty && oldLinks.isEmpty && movedParents.isEmpty }

    // MARK: - What a step brings

    /// Takes a mention that was not counted.
    public mutating func count(_ mention: ThreadMention) {
        let pointers = mention.pointers
        if pointers.isEmpty { return }
        touched.insert(mention.end.number)
        children.append((mention, pointers))
    }

    /// Takes a mention that was counted as `old` and is from now on as `new`; nil uncounts it.
    public mutating func revise(from old: ThreadMention, to new: ThreadMention?) {
        let before = old.pointers
        let after = new?.pointers ?? []
        let moves = old.end != new?.end
        if moves { movedParents.insert(old.end.number) }
        guard moves || before != after, !before.isEmpty || !after.isEmpty else { return }
        touched.insert(old.end.number)
        for pointer in before {
            oldLinks.append(
                OldLink(pointer: pointer, author: old.end.author, at: old.end.publishedAt, child: old.end.number)
            )
        }
        if let new, !after.isEmpty { children.append((new, after)) }
    }

    /// Whom the mentions of the step point at, each once.
    public var names: [ThreadName] {
        Array(Set(children.flatMap { $0.pointers.map(\.parent) }))
    }

    /// Takes who a name is; only where that mention is counted.
    public mutating func know(_ name: ThreadName, _ end: ThreadEnd) { parents[name] = end }

    /// Takes a link that is stored of one of ``oldLinks``; nil where there is none.
    public mutating func know(stored link: ThreadLink?, of old: OldLink) {
        if let link { removed[link.key] = link }
        // Also beside a link: to a mention that was dropped, which counting anew has waited for.
        goneWaits.insert(Wait(child: old.child, pointer: old.pointer))
    }

    /// Joins the mentions of the step with whom they point at.
    public mutating func join() {
        for (mention, pointers) in children {
            for pointer in pointers {
                if let parent = parents[pointer.parent] {
                    let link = ThreadLink(kind: pointer.kind, child: mention.end, parent: parent)
                    added[link.key] = link
                } else {
                    waits.insert(Wait(child: mention.end.number, pointer: pointer))
                }
            }
        }
    }

    // MARK: - Parents that have come or changed

    /// Takes a mention that waits for a parent which is counted now.
    public mutating func resolve(_ child: ThreadMention, _ kind: ThreadKind, to parent: ThreadEnd) {
        guard !touched.contains(child.end.number),
            let pointer = child.pointers.first(where: { $0.kind == kind })
        else { return }
        goneWaits.insert(Wait(child: child.end.number, pointer: pointer))
        let link = ThreadLink(kind: kind, child: child.end, parent: parent)
        added[link.key] = link
    }

    /// Takes a stored link whose parent has changed, or is gone: then `child` is the mention that hangs on it, and waits
    /// from now on.
    public mutating func rederive(_ link: ThreadLink, parent: ThreadEnd?, child: ThreadMention? = nil) {
        if touched.contains(link.child.number) {
            // Made from what the child is now. But of what is gone with its parent, whose name is gone too, nobody else
            // finds the link.
            if parent == nil { removed[link.key] = link }
            return
        }
        if let parent {
            guard parent != link.parent else { return }
            removed[link.key] = link
            let new = ThreadLink(kind: link.kind, child: link.child, parent: parent)
            added[new.key] = new
            return
        }
        removed[link.key] = link
        if let pointer = child?.pointers.first(where: { $0.kind == link.kind }) {
            waits.insert(Wait(child: link.child.number, pointer: pointer))
        }
    }

    // MARK: - The sums

    /// Takes who is one person, before ``pairs`` is asked: of all that a person's accounts did to a mention in one way the
    /// first counts, and what they did to each other counts nothing.
    public mutating func know(_ persons: Persons) { self.persons = persons }

    /// The pairs that change, with how many of their first links must be known to say what that comes to.
    public var pairs: [PairNeed] {
        var counts: [ThreadLink.Pair: Int] = [:]
        for key in added.keys where key.pair.kind != .conversation { counts[key.pair, default: 1] += 0 }
        for key in removed.keys where key.pair.kind != .conversation { counts[key.pair, default: 1] += 1 }
        if !persons.isEmpty {
            for pair in Array(counts.keys) {
                for account in persons.accounts(of: pair.author) {
                    counts[ThreadLink.Pair(parent: pair.parent, kind: pair.kind, author: account), default: 1] += 0
                }
            }
        }
        return counts.map { PairNeed(pair: $0.key, links: $0.value) }.sorted { $0.pair < $1.pair }
    }

    /// Takes a stored link of a pair, as it was before the step.
    public mutating func know(first link: ThreadLink) { stored[link.key.pair, default: []].append(link) }

    /// What is to be written. O(n log n).
    public func settle() -> Settlement {
        var sums: [ThreadLedgerKey: ThreadSums] = [:]
        func count(_ link: ThreadLink?, _ n: Int32) {
            for (key, one) in link?.contributions(among: persons) ?? [] {
                sums[key, default: ThreadSums()].add(one, times: n)
            }
        }
        func isBefore(_ one: ThreadLink, _ other: ThreadLink) -> Bool {
            ThreadLink.isBefore(one, other, among: persons)
        }
        func whole(_ pair: ThreadLink.Pair) -> ThreadLink.Pair {
            ThreadLink.Pair(parent: pair.parent, kind: pair.kind, author: persons.person(of: pair.author))
        }
        var fresh: [ThreadLink.Pair: ThreadLink] = [:]
        func offer(_ link: ThreadLink) {
            let pair = whole(link.key.pair)
            if let first = fresh[pair], !isBefore(link, first) { return }
            fresh[pair] = link
        }
        var before: [ThreadLink.Pair: [ThreadLink]] = [:]
        for (pair, links) in stored { before[whole(pair), default: []] += links }
        for known in before.values {
            count(known.min(by: isBefore), -1)
            for link in known where removed[link.key] == nil && added[link.key] == nil { offer(link) }
        }
        for link in added.values where link.kind != .conversation { offer(link) }
        for link in fresh.values { count(link, 1) }

        var settlement = Settlement()
        settlement.goneLinks = removed.keys.filter { added[$0] == nil }.sorted()
        settlement.links = added.values.filter { removed[$0.key] != $0 }.sorted { $0.key < $1.key }
        settlement.goneWaits = Self.sorted(goneWaits.subtracting(waits))
        settlement.waits = Self.sorted(waits)
        settlement.deltas = sums.filter { !$0.value.isZero }.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
        return settlement
    }

    private static func sorted(_ waits: Set<Wait>) -> [Wait] {
        waits.sorted { ($0.child, $0.pointer.kind.rawValue) < ($1.child, $1.pointer.kind.rawValue) }
    }
}
